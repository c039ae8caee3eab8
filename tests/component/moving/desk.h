// A terminal whose policy road is real: uplink, deciding part, policy and site files. Its devices are fakes, and it
// decides on the test's thread, whenever the test waits for something.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/channel/uplink.h"
#include "agent/config/policy_store.h"
#include "agent/config/site_file.h"
#include "agent/core/decider.h"
#include "tests/component/channel/terminal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_device_gate.h"
#include "tests/fakes/fake_device_source.h"
#include "tests/fakes/fake_event_log.h"
#include "tests/fakes/fake_sessions.h"

namespace sekimori::testing {

class Desk {
 public:
  explicit Desk(std::uint8_t seed);
  ~Desk();

  // As a boot does: what stands is taken from the files.
  void Start();
  void Stop();
  void Enrol(const std::string& token);
  // Decides until it is true or the patience is used up.
  [[nodiscard]] bool Eventually(const std::function<bool()>& question);
  void Pass(std::chrono::microseconds time);
  // A policy by whatever hand.
  void Show(const std::string& signed_document);

  [[nodiscard]] std::string id() const { return site_store_.Load().value().terminal_id; }
  [[nodiscard]] std::string stored_group() const { return site_store_.Load().value().group; }
  [[nodiscard]] ports::StatusReport Status();
  [[nodiscard]] std::uint64_t PolicyVersion() const;
  [[nodiscard]] fakes::FakeEventLog& records() { return records_; }

 private:
  void Turn();

  Directory directory_;
  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  MemoryLog sent_log_;
  SystemClock wall_clock_;
  fakes::FakeClock clock_;
  fakes::FakeEventLog records_;
  fakes::FakeDeviceGate gate_;
  fakes::FakeDeviceSource source_;
  fakes::FakeSessions sessions_;
  config::FileSiteStore site_store_{directory_.path() / "site.toml"};
  config::FilePolicyStore policies_{directory_.path() / "policy.toml", directory_.path(), site_store_};
  std::unique_ptr<core::NoticeQueue> queue_;
  std::unique_ptr<channel::Uplink> link_;
  std::unique_ptr<core::Decider> decider_;
};

}  // namespace sekimori::testing
