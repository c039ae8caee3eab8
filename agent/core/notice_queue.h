// NoticeQueue: the one door into the deciding thread. Bounded: what does not fit is refused and latches a rescan, so a
// flood costs freshness, never memory and never a device. Any thread may put; only the deciding thread takes. Req: R02
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/ticket.h"
#include "agent/ports/device_source.h"
#include "agent/ports/link.h"
#include "agent/ports/questions.h"
#include "agent/ports/system_notices.h"

namespace sekimori::core {

struct QueueBounds {
  std::size_t devices = 512;  // observations held; one AllDevices is always taken by an empty queue
  std::size_t device_bytes = std::size_t{8} << 20;  // of them, about: one can weigh 250 KB
  std::size_t system = 32;
  std::size_t link = 32;  // policies offered, enrolments, refusals
  std::size_t questions = 16;
  std::size_t records = 512;  // of logins; the door has fewer places than that
  std::size_t group = 64;     // observations handed out at a time, so that questions are not starved by a flood
};

// The string: a policy offered.
using LinkNotice =
    std::variant<std::string, model::Enrolled, model::CollectorRefused, model::LogDamaged, model::CollectorBehind>;

// What the deciding thread takes in one go.
struct NoticeGroup {
  std::vector<ports::DeviceNotice> devices;
  std::vector<ports::SystemNotice> system;
  std::vector<LinkNotice> link;
  std::vector<std::shared_ptr<Ticket>> questions;
  std::vector<std::shared_ptr<Ticket>> records;          // questions too: the RecordLogin among them
  std::vector<std::pair<std::string, Status>> troubles;  // a concern, and how it stands now
  std::uint64_t dropped = 0;  // notices that found no room since the last group; not 0: look at everything again
  bool reload = false;
  std::optional<std::string> stop;  // the reason; the last group there is
};

class NoticeQueue final : public ports::DeviceSink, public ports::LinkSink, public ports::Questions {
 public:
  explicit NoticeQueue(const QueueBounds& bounds = {});

  bool Deliver(ports::DeviceNotice notice) override;
  void DeliverSystem(ports::SystemNotice notice);
  void OnPolicy(std::string signed_document) override;
  void OnEnrolled(model::Enrolled enrolled) override;
  void OnRefused(model::CollectorRefused refused) override;
  void OnLogDamaged(model::LogDamaged damaged) override;
  void OnCollectorBehind(model::CollectorBehind behind) override;
  // The state is read where it is asked for; nothing wakes up for it.
  void OnLinkState(const ports::LinkState& state) override;
  [[nodiscard]] ports::Answer Ask(ports::Question question, ports::Asker asker,
                                  std::chrono::milliseconds within) override;
  // How a concern outside the deciding thread stands now (ports::Trouble::what); OK ends an earlier trouble.
  void Report(std::string what, Status status);
  void RequestReload();
  void RequestStop(std::string reason);

  // Blocks until there is something or `timeout` has passed (nullopt: for ever). Deciding thread only.
  [[nodiscard]] NoticeGroup Take(std::optional<std::chrono::microseconds> timeout);
  // Questions not taken up are answered kUnavailable; later ones at once. After the last group.
  void Close();

 private:
  void PutLink(LinkNotice notice);
  [[nodiscard]] bool SomethingThere() const;
  void TakeDevices(NoticeGroup& group);

  const QueueBounds bounds_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  NoticeGroup waiting_;  // all but the device notices
  std::deque<ports::DeviceNotice> devices_;
  std::size_t observations_ = 0;  // held in devices_
  std::size_t device_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace sekimori::core
