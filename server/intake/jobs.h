// What the receiving thread asks of the storing thread, and what comes back. Plain values, moved through a queue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "proto/channel.pb.h"
#include "proto/signing/key.h"
#include "proto/tls/certificate.h"
#include "server/intake/batch_check.h"

namespace sekimori::intake {

using SessionId = std::uint64_t;

// A terminal said hello with this certificate, which TLS has verified against the CA.
struct HelloJob {
  SessionId session = 0;
  std::string peer;
  tls::Certificate certificate;
  std::unique_ptr<proto::Hello> hello;
};
// A checked batch that continues the head the session knows (or the announced gap).
struct StoreJob {
  SessionId session = 0;
  std::string terminal, peer;
  chain::Head known_head;  // the head the session knew; differs from batch.base after a gap only
  CheckedBatch batch;
};
// A checked batch whose beginning lies before the head the session knows: repeated, or a fork.
struct ReplayJob {
  SessionId session = 0;
  std::string terminal, peer;
  CheckedBatch batch;
};
// A batch that must not enter the chain.
struct DisputeJob {
  SessionId session = 0;
  std::string terminal, peer;
  BatchFault fault;
  std::unique_ptr<proto::Batch> evidence;
};
struct EnrolJob {
  SessionId session = 0;
  std::string peer;
  std::unique_ptr<proto::EnrolRequest> request;
};
struct RenewJob {
  SessionId session = 0;
  std::string terminal, peer;
  tls::Certificate present;
  std::string csr_der;
};
struct PolicyStatusJob {
  SessionId session = 0;
  std::string terminal;
  std::unique_ptr<proto::PolicyStatus> status;
};
struct AlarmJob {
  proto::CollectorAlarm alarm;
};
// The last connection of this terminal has ended.
struct GoneJob {
  std::string terminal;
};
// Look whether another process changed something that concerns connected terminals.
struct LookJob {};

using Job = std::variant<HelloJob, StoreJob, ReplayJob, DisputeJob, EnrolJob, RenewJob, PolicyStatusJob, AlarmJob,
                         GoneJob, LookJob>;

// What a session may know of its terminal after a good Hello.
struct Greeting {
  std::string terminal;
  chain::LogId log_id{};
  chain::Head head;
  signing::VerifyKey key;
  std::uint64_t first_sequence = 0;  // of the Hello: where a gap may end
  std::uint64_t policy_version = 0;  // that the terminal has in force
};

// A policy, ready to send.
struct OfferedPolicy {
  std::uint64_t version = 0;
  std::string frame;  // serialized FromCollector
};

// What a terminal is to have; either may be missing.
struct Offers {
  std::shared_ptr<const OfferedPolicy> move;   // for it alone: takes it into its present group; gone once it is taken
  std::shared_ptr<const OfferedPolicy> group;  // the newest of its present group, which only a member of it takes
};

struct Answer {
  SessionId session = 0;
  std::optional<proto::FromCollector> reply;
  bool close = false;                  // after the reply
  std::optional<Greeting> greeting;    // of a HelloJob that succeeded
  Offers offers;                       // with a greeting
  std::optional<chain::Head> durable;  // of a StoreJob or ReplayJob that succeeded
  std::size_t released = 0;            // payload bytes that are no longer in flight
  bool status_noted = false;           // of a PolicyStatusJob, well or not
};

// How things stand after somebody (an operator, another process) changed them.
struct News {
  struct TerminalNews {
    bool revoked = false;
    Offers offers;
  };
  std::unordered_map<std::string, TerminalNews> terminals;  // all of them: one that is missing is unknown by now
};

using Outcome = std::variant<Answer, std::shared_ptr<const News>>;

// "observe" or "enforce"; anything else is unspecified.
[[nodiscard]] proto::Mode ModeOf(std::string_view word);

// A reply that says no. Never names secrets.
[[nodiscard]] proto::FromCollector MakeRefusal(const Error& error, std::uint32_t retry_after_s);

}  // namespace sekimori::intake
