// The link to the collector as the rest of the agent sees it: what comes in, what it is told, and how it stands. Req:
// R06, R12. The link never decides: a policy it brings is a signed document that the core judges itself.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::ports {

enum class LinkPhase {
  kNotEnrolled,  // no certificate yet
  kConnecting,   // looking up, dialling, shaking hands, or waiting for Welcome
  kConnected,    // Welcome has come
  kWaiting,      // not reachable; tries again by itself
  kRefused,      // the collector answered no (revoked, another log, ...); tries again, at the slowest pace
};

// "not_enrolled", "connecting", "connected", "waiting", "refused", as StatusAnswer.link_state carries it.
[[nodiscard]] constexpr std::string_view LinkPhaseName(LinkPhase phase) {
  switch (phase) {
    case LinkPhase::kNotEnrolled:
      return "not_enrolled";
    case LinkPhase::kConnecting:
      return "connecting";
    case LinkPhase::kConnected:
      return "connected";
    case LinkPhase::kWaiting:
      return "waiting";
    case LinkPhase::kRefused:
      return "refused";
  }
  return "waiting";
}

struct LinkState {
  LinkPhase phase = LinkPhase::kNotEnrolled;
  std::string detail;     // English, technical: why it waits or was refused; empty when all is well
  std::string collector;  // "host:port"; empty before enrolment
  std::string site_id, terminal_id, group;
  std::uint64_t acknowledged = 0;               // records durable at the collector
  std::optional<model::WallTime> last_contact;  // last word from the collector since the agent started
  std::optional<model::WallTime> certificate_expires;
};

// What became of a policy, as the collector shows it on the terminal's row. Sent in Hello and whenever it changes.
struct PolicyReport {
  std::uint64_t version = 0;              // the collector's version in force; 0 for a built-in or local policy
  std::array<std::uint8_t, 32> sha256{};  // of the TOML text in force (model::Policy::sha256)
  model::Mode mode = model::Mode::kObserve;
  // The newest offer that was not taken; 0: none since the last one taken.
  std::uint64_t refused_version = 0;
  std::string error_code, detail;  // why; empty when refused_version is 0
  bool operator==(const PolicyReport&) const = default;
};

// What the link tells the core. Every call comes on the link's thread and must return at once.
class LinkSink {
 public:
  virtual ~LinkSink() = default;
  // A serialized proto::SignedDocument, not verified. Answer with Link::ReportPolicy when it was taken or refused.
  virtual void OnPolicy(std::string signed_document) = 0;
  // Enrolment is stored: the site's facts can be read again. To be recorded.
  virtual void OnEnrolled(model::Enrolled enrolled) = 0;
  // The collector, or the trust in it, said no. To be recorded; the same reason is told once, not at every attempt.
  virtual void OnRefused(model::CollectorRefused refused) = 0;
  // The log cannot be read on, and the collector was told. To be recorded; the same record is told once.
  virtual void OnLogDamaged(model::LogDamaged damaged) = 0;
  // The collector lacks what it had acknowledged. To be recorded.
  virtual void OnCollectorBehind(model::CollectorBehind behind) = 0;
  // The phase changed.
  virtual void OnLinkState(const LinkState& state) = 0;
};

// Owns one thread between Start and Stop. All other calls: any thread, never blocking.
class Link {
 public:
  virtual ~Link() = default;
  // The sink must outlive Stop(). Starts although the terminal is not enrolled: Enrol may come later.
  [[nodiscard]] virtual Status Start(LinkSink& sink) = 0;
  // Joins the thread; no callback after it returns.
  virtual void Stop() = 0;
  // New records were appended. Cheap; many calls may cause one look at the log.
  virtual void Wake() = 0;
  // After the policy is kept: the group it may have moved the terminal to is read again for State.
  virtual void ReportPolicy(PolicyReport report) = 0;
  [[nodiscard]] virtual LinkState State() const = 0;
  // Enrols with a token ("SKM1...", surrounding white space ignored); `done` is called once, on the link's thread,
  // after everything is durable or nothing was changed. kInvalid (not a token), kExpired, kUntrusted (not the collector
  // the token pins), kDenied (the collector refused the token), kExists (enrolled already), kUnavailable, kTimeout,
  // kIo. The token is wiped after use and never logged.
  virtual void Enrol(std::string token, std::function<void(Status)> done) = 0;
};

}  // namespace sekimori::ports
