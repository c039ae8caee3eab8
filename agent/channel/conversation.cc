#include "agent/channel/conversation.h"

#include <utility>

#include "proto/chain/chain.h"
#include "proto/masking/text.h"

namespace sekimori::channel {
namespace {

constexpr const char* kWhere = "collector";
constexpr std::size_t kMaxDetail = 512;

template <std::size_t N>
std::string Bytes(const std::array<std::uint8_t, N>& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

std::string_view ModeWord(model::Mode mode) {
  return mode == model::Mode::kEnforce ? "enforce" : "observe";
}

Error Nonsense(std::string detail) {
  return Error{ErrorCode::kInvalid, kWhere, std::move(detail)};
}

}  // namespace

Conversation::Conversation(ports::Outbox& outbox, const signing::SigningKey& key, const ports::Clock& clock,
                           BatchSizer& sizer)
    : outbox_(outbox), key_(key), clock_(clock), sizer_(sizer) {}

Result<std::string> Conversation::Greet(const TerminalFacts& facts, const ports::PolicyReport& policy) {
  const Result<ports::OutboxHead> base = outbox_.Base();
  if (!base.ok()) return base.error();
  const Result<ports::OutboxHead> head = outbox_.Head();
  if (!head.ok()) return head.error();
  const Result<std::uint64_t> acknowledged = outbox_.Acknowledged();
  if (!acknowledged.ok()) return acknowledged.error();
  acknowledged_before_ = acknowledged.value();
  proto::FromTerminal message;
  proto::Hello& hello = *message.mutable_hello();
  hello.set_protocol(1);
  hello.set_log_id(Bytes(outbox_.log_id()));
  hello.set_first_sequence(base.value().sequence + 1);
  hello.set_head_sequence(head.value().sequence);
  hello.set_head_hash(Bytes(head.value().hash));
  hello.set_policy_version(policy.version);
  hello.set_policy_sha256(Bytes(policy.sha256));
  hello.set_hostname(Utf8(facts.hostname));
  hello.set_os(Utf8(facts.os));
  hello.set_agent_version(Utf8(facts.agent_version));
  hello.set_mode(std::string(ModeWord(policy.mode)));
  hello.set_acknowledged(acknowledged_before_);
  return message.SerializeAsString();
}

Result<Heard> Conversation::Take(const std::string& frame, Time now) {
  proto::FromCollector message;
  if (!message.ParseFromString(frame)) return Nonsense("unreadable message");
  Heard heard;
  switch (message.body_case()) {
    case proto::FromCollector::kWelcome:
      if (welcomed_) return Nonsense("welcomed twice");
      if (Status status = TakeWelcome(message.welcome()); !status.ok()) return status.error();
      heard.welcomed = true;
      heard.acknowledged = acknowledged_;
      if (acknowledged_ < acknowledged_before_) heard.acknowledged_before = acknowledged_before_;
      return heard;
    case proto::FromCollector::kAck: {
      const Result<bool> news = TakeAck(message.ack().sequence(), now);
      if (!news.ok()) return news.error();
      if (news.value()) heard.acknowledged = acknowledged_;
      return heard;
    }
    case proto::FromCollector::kPolicy:
      heard.policy = message.policy().SerializeAsString();
      return heard;
    case proto::FromCollector::kRenewed:
      if (!renewing()) return Nonsense("a certificate that was not asked for");
      renewal_asked_.reset();
      heard.renewed = std::move(*message.mutable_renewed());
      return heard;
    case proto::FromCollector::kRefused:
      heard.refused = std::move(*message.mutable_refused());
      masking::CutUtf8(*heard.refused->mutable_detail(), kMaxDetail);
      return heard;
    case proto::FromCollector::kEnrolled:
    case proto::FromCollector::BODY_NOT_SET:
      break;
  }
  return Nonsense("unexpected message");
}

Status Conversation::TakeWelcome(const proto::Welcome& welcome) {
  const Result<ports::OutboxHead> head = outbox_.Head();
  if (!head.ok()) return head.error();
  const Result<ports::OutboxHead> base = outbox_.Base();
  if (!base.ok()) return base.error();
  const std::uint64_t stored = welcome.stored_sequence();
  if (stored > head.value().sequence) {
    return Error{ErrorCode::kConflict, kWhere, "it claims records this log does not have"};
  }
  if (stored < base.value().sequence) {
    // It never got what was deleted here since: it will write the gap down, and we go on after it.
    sent_head_ = base.value();
  } else {
    // Whether the collector's hash is ours is for the collector to judge and to raise the alarm about: it is told, with
    // the first batch, what these records follow on.
    const Result<ports::RecordHash> hash = outbox_.HashAt(stored);
    if (!hash.ok() && hash.error().code != ErrorCode::kNotFound && hash.error().code != ErrorCode::kCorrupt)
      return hash.error();
    if (!hash.ok()) damage_ = model::LogDamaged{stored, ToString(hash.error())};
    sent_head_ = {stored, hash.ok() ? hash.value() : ports::RecordHash{}};
  }
  acknowledged_ = stored;
  welcomed_ = true;
  return Status::Ok();
}

Result<bool> Conversation::TakeAck(std::uint64_t sequence, Time now) {
  if (!welcomed_) return Nonsense("acknowledgement before welcome");
  if (sequence > sent_head_.sequence) return Nonsense("acknowledged records that were never sent");
  while (!sent_.empty() && sent_.front().last <= sequence) {
    sizer_.Acknowledged(sent_.front().records, now - sent_.front().at);
    sent_.pop_front();
  }
  if (sequence <= acknowledged_) return false;
  acknowledged_ = sequence;
  return true;
}

std::optional<Conversation::Time> Conversation::deadline() const {
  std::optional<Time> oldest = renewal_asked_;
  if (!sent_.empty() && (!oldest || sent_.front().at < *oldest)) oldest = sent_.front().at;
  if (damage_said_ && (!oldest || *damage_said_ < *oldest)) oldest = damage_said_;
  if (oldest) *oldest += kAnswerLimit;
  return oldest;
}

Result<std::optional<std::string>> Conversation::NextBatch(Time now) {
  if (!welcomed_ || renewing() || sent_.size() >= kWindow) return std::optional<std::string>();
  if (damage_) return SayDamage(now);
  Result<std::vector<ports::OutboxRecord>> records =
      outbox_.Read(sent_head_.sequence, sizer_.records(), kMaxBatchBytes);
  if (!records.ok() && records.error().code == ErrorCode::kCorrupt) {
    damage_ = model::LogDamaged{sent_head_.sequence + 1, ToString(records.error())};
    return SayDamage(now);
  }
  if (!records.ok()) return records.error();
  if (records.value().empty()) return std::optional<std::string>();
  const std::size_t count = records.value().size();
  Result<std::string> batch = MakeBatch(std::move(records).value());
  if (!batch.ok()) return batch.error();
  sent_.push_back(Sent{sent_head_.sequence, count, now});
  return std::optional<std::string>(std::move(batch).value());
}

std::string Conversation::AskRenewal(std::string csr_der, Time now) {
  proto::FromTerminal message;
  message.mutable_renew()->set_csr_der(std::move(csr_der));
  renewal_asked_ = now;
  return message.SerializeAsString();
}

// A terminal that kept silent would look to the collector like one that has nothing to send.
std::optional<std::string> Conversation::SayDamage(Time now) {
  if (damage_said_) return std::nullopt;
  damage_said_ = now;
  proto::FromTerminal message;
  message.mutable_log_damaged()->set_sequence(damage_->sequence);
  message.mutable_log_damaged()->set_detail(Utf8(damage_->detail));
  return message.SerializeAsString();
}

Result<std::string> Conversation::MakeBatch(std::vector<ports::OutboxRecord> records) {
  proto::FromTerminal message;
  proto::Batch& batch = *message.mutable_batch();
  batch.set_first_sequence(records.front().sequence);
  batch.set_previous_hash(Bytes(sent_head_.hash));
  // The stored hash is signed as it stands. If somebody altered the file, the collector finds that the records do not
  // add up to it and raises the alarm; a terminal that kept silent instead would hide it.
  const ports::OutboxHead head{records.back().sequence, records.back().hash};
  for (ports::OutboxRecord& record : records)
    batch.add_payloads(std::move(record.payload));
  const std::int64_t now_us = clock_.Now().time_since_epoch().count();
  const Result<chain::Checkpoint> checkpoint =
      chain::SignCheckpoint(key_, outbox_.log_id(), {head.sequence, head.hash}, now_us);
  if (!checkpoint.ok()) return checkpoint.error();
  proto::Checkpoint& signed_head = *batch.mutable_checkpoint();
  signed_head.set_log_id(Bytes(checkpoint.value().log_id));
  signed_head.set_sequence(head.sequence);
  signed_head.set_hash(Bytes(head.hash));
  signed_head.set_time_us(now_us);
  signed_head.set_signature(checkpoint.value().signature);
  sent_head_ = head;
  return message.SerializeAsString();
}

std::string Utf8(std::string text) {
  masking::MakeUtf8(text);
  return text;
}

std::string MakePolicyStatus(const ports::PolicyReport& report) {
  proto::FromTerminal message;
  proto::PolicyStatus& status = *message.mutable_policy_status();
  const bool refused = report.refused_version != 0;
  status.set_version(refused ? report.refused_version : report.version);
  status.set_in_force(!refused);
  status.set_error_code(report.error_code);
  status.set_detail(Utf8(report.detail));
  status.set_mode(std::string(ModeWord(report.mode)));
  return message.SerializeAsString();
}

}  // namespace sekimori::channel
