// ports::Link over TLS: one thread that dials, greets, sends what the log has, and brings policy in. Req: R05, R06, R12
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/channel/backoff.h"
#include "agent/channel/conversation.h"
#include "agent/channel/enrolment.h"
#include "agent/channel/identity.h"
#include "agent/channel/wire.h"
#include "agent/ports/clock.h"
#include "agent/ports/link.h"
#include "agent/ports/outbox.h"
#include "agent/ports/site_store.h"

namespace sekimori::channel {

struct UplinkTerms {
  std::filesystem::path state_directory;  // terminal.crt and ca.crt
  TerminalFacts facts;
  BackoffTerms backoff;
  tls::Limits limits;
  std::chrono::milliseconds welcome_limit{30'000};
  std::chrono::milliseconds farewell_limit{2'000};      // for the last records, when the agent stops
  std::chrono::milliseconds acknowledged_every{5'000};  // how often the watermark is written down
};

class Uplink final : public ports::Link {
 public:
  // kFull: no descriptor for the waker. The references outlive the uplink; `outbox` is used by the uplink's thread
  // only.
  [[nodiscard]] static Result<std::unique_ptr<Uplink>> Make(UplinkTerms terms, const signing::SigningKey& key,
                                                            std::unique_ptr<ports::Outbox> outbox,
                                                            ports::SiteStore& site_store, const ports::Clock& clock);
  ~Uplink() override;

  [[nodiscard]] Status Start(ports::LinkSink& sink) override;
  void Stop() override;
  void Wake() override;
  void ReportPolicy(ports::PolicyReport report) override;
  [[nodiscard]] ports::LinkState State() const override;
  void Enrol(std::string token, std::function<void(Status)> done) override;

 private:
  struct Request {
    std::string token;
    std::function<void(Status)> done;
    bool one_too_many = false;
  };
  // How a connection ended: an error, or the collector's no.
  struct Ending {
    Error error;
    std::optional<proto::Refused> refused;
  };

  Uplink(UplinkTerms terms, const signing::SigningKey& key, std::unique_ptr<ports::Outbox> outbox,
         ports::SiteStore& site_store, const ports::Clock& clock, tls::Waker waker);
  void Run();
  void ServeRequests();
  [[nodiscard]] Status Serve(const Request& request);
  [[nodiscard]] Status EnrolNow(const Request& request);
  [[nodiscard]] bool LoadSite();
  void ReadGroup();
  [[nodiscard]] Ending Connect();
  [[nodiscard]] Ending Converse(Wire& wire);
  [[nodiscard]] std::optional<Ending> Hear(Wire& wire, Conversation& conversation, const std::string& frame);
  [[nodiscard]] Status Speak(Wire& wire, Conversation& conversation);
  [[nodiscard]] Status AskRenewal(Wire& wire, Conversation& conversation);
  void NoteProgress();
  void TakeRenewed(const proto::Renewed& renewed);
  void SayFarewell(Wire& wire, Conversation& conversation);
  [[nodiscard]] std::chrono::milliseconds Judge(const Ending& ending);
  void Rest(std::chrono::milliseconds wait);
  void NoteAcknowledged(std::uint64_t sequence, bool at_once);
  void SetPhase(ports::LinkPhase phase, const std::string& detail);
  void ChangeState(const std::function<void(ports::LinkState&)>& change);
  [[nodiscard]] bool Interrupted() const { return stopping_ || requested_; }

  UplinkTerms terms_;
  const signing::SigningKey& key_;
  std::unique_ptr<ports::Outbox> outbox_;
  ports::SiteStore& site_store_;
  const ports::Clock& clock_;
  tls::Waker waker_;
  ports::LinkSink* sink_ = nullptr;

  // The thread's own.
  Backoff backoff_;
  BatchSizer sizer_;
  std::optional<ports::SiteFacts> facts_;  // as loaded; the group in it may have changed since
  std::optional<Credentials> credentials_;
  std::unique_ptr<tls::ClientContext> context_;
  std::unique_ptr<tls::ClientContext> next_context_;  // with a renewed certificate
  std::string told_refusal_;                          // what OnRefused said last, until a connection was of use
  std::uint64_t told_damage_ = 0;                     // the record OnLogDamaged named last; 0: none
  std::optional<ports::PolicyReport> reported_;
  std::optional<std::uint64_t> unsaved_watermark_;
  tls::Time watermark_due_;
  std::uint64_t saved_watermark_ = 0;
  tls::Time renewal_after_;  // not asked for before, whatever became of the last request

  mutable std::mutex mutex_;  // guards the three below
  ports::LinkState state_;
  ports::PolicyReport report_;
  std::deque<Request> requests_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> requested_{false};
  std::atomic<bool> listening_{false};  // whether new records are news to the thread
  std::thread thread_;
};

}  // namespace sekimori::channel
