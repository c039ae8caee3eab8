// The terminal's side of one connection, without its transport: greeting, batches within a window, acknowledgements,
// policy offers, renewal. Nothing here trusts the collector with more than it must. One thread. Req: R05, R06, R12
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "agent/channel/batch_sizer.h"
#include "agent/ports/clock.h"
#include "agent/ports/link.h"
#include "agent/ports/outbox.h"
#include "proto/channel.pb.h"
#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::channel {

// What the terminal says about itself.
struct TerminalFacts {
  std::string hostname, os, agent_version;
  std::string machine_id;  // hexadecimal; keyed hash, never the id itself
};

// What one message from the collector brought.
struct Heard {
  bool welcomed = false;
  std::optional<std::uint64_t> acknowledged;  // a new watermark; larger, but after a welcome
  // With a welcome: what was acknowledged before, when the collector says it has less.
  std::optional<std::uint64_t> acknowledged_before;
  std::optional<std::string> policy;  // serialized SignedDocument
  std::optional<proto::Renewed> renewed;
  std::optional<proto::Refused> refused;  // the connection is over
};

class Conversation {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kWindow = 4;  // batches not yet acknowledged
  static constexpr std::size_t kMaxBatchBytes = std::size_t{512} << 10;
  static constexpr std::chrono::seconds kAnswerLimit{60};  // for an acknowledgement, and for a renewed certificate

  // The references outlive the conversation. `sizer` outlives connections: what was learnt stays.
  Conversation(ports::Outbox& outbox, const signing::SigningKey& key, const ports::Clock& clock, BatchSizer& sizer);

  // The first frame to send. Errors are the log's.
  [[nodiscard]] Result<std::string> Greet(const TerminalFacts& facts, const ports::PolicyReport& policy);
  // kInvalid: not what a collector says at this point. kConflict: it claims more than this log has. Errors end the
  // connection.
  [[nodiscard]] Result<Heard> Take(const std::string& frame, Time now);
  // The next batch to send, if there are records and room in the window; call until it has none. None while a renewed
  // certificate is awaited: the collector reads nothing meanwhile. When the log cannot be read on, the word of that
  // instead, once, and then nothing more.
  [[nodiscard]] Result<std::optional<std::string>> NextBatch(Time now);
  // The request for a new certificate. Once welcomed; nothing else may be said until Renewed or Refused has come.
  [[nodiscard]] std::string AskRenewal(std::string csr_der, Time now);

  [[nodiscard]] bool welcomed() const { return welcomed_; }
  [[nodiscard]] bool renewing() const { return renewal_asked_.has_value(); }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  // Where the log cannot be read on, once that was met.
  [[nodiscard]] const std::optional<model::LogDamaged>& damage() const { return damage_; }
  // When the oldest answer that is awaited must have come, or the connection is given up. None: nothing is awaited.
  [[nodiscard]] std::optional<Time> deadline() const;

 private:
  struct Sent {
    std::uint64_t last = 0;
    std::size_t records = 0;
    Time at;
  };
  [[nodiscard]] Status TakeWelcome(const proto::Welcome& welcome);
  [[nodiscard]] Result<bool> TakeAck(std::uint64_t sequence, Time now);
  [[nodiscard]] std::optional<std::string> SayDamage(Time now);
  [[nodiscard]] Result<std::string> MakeBatch(std::vector<ports::OutboxRecord> records);

  ports::Outbox& outbox_;
  const signing::SigningKey& key_;
  const ports::Clock& clock_;
  BatchSizer& sizer_;
  bool welcomed_ = false;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t acknowledged_before_ = 0;  // on the connections before this one
  ports::OutboxHead sent_head_;            // last record sent, or what the first one will follow on
  std::deque<Sent> sent_;
  std::optional<Time> renewal_asked_;  // until its answer
  std::optional<model::LogDamaged> damage_;
  std::optional<Time> damage_said_;  // answered by a refusal
};

// As a message may carry it: its reader refuses the whole of it for one octet that is no UTF-8, and a host name may be
// any.
[[nodiscard]] std::string Utf8(std::string text);

[[nodiscard]] std::string MakePolicyStatus(const ports::PolicyReport& report);

}  // namespace sekimori::channel
