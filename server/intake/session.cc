#include "server/intake/session.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/intake/plain_text.h"

namespace sekimori::intake {
namespace {

constexpr std::uint32_t kRetryAfterFault = 300;
constexpr std::size_t kMaxReportText = 512;

}  // namespace

Session::Session(SessionId id, Peer peer, const SessionLimits& limits)
    : id_(id), peer_(std::move(peer)), limits_(limits) {}

bool Session::reading() const {
  return (state_ == State::kNew || state_ == State::kOpen) && in_flight_ < limits_.in_flight &&
         reports_ < limits_.reports;
}

Step Session::End(const Error& error, std::uint32_t retry_after_s) {
  Step step;
  step.replies.push_back(MakeRefusal(error, retry_after_s).SerializeAsString());
  step.close = true;
  state_ = State::kClosed;
  return step;
}

Step Session::Protocol(const std::string& detail) {
  return End(Error{ErrorCode::kInvalid, "protocol", detail}, kRetryAfterFault);
}

Step Session::Take(const std::string& frame, bool enrolment_allowed, std::int64_t now_us) {
  proto::FromTerminal message;
  if (!message.ParseFromString(frame)) return Protocol("unreadable message");
  switch (state_) {
    case State::kNew:
      return TakeNew(message, enrolment_allowed);
    case State::kOpen:
      return TakeOpen(message, now_us);
    case State::kGreeting:
    case State::kEnrolling:
    case State::kReplaying:
    case State::kRenewing:
      return Protocol("spoke before the answer came");
    case State::kClosed:
      break;  // the end is on its way already
  }
  return {};
}

Step Session::TakeNew(proto::FromTerminal& message, bool enrolment_allowed) {
  Step step;
  if (message.has_hello()) {
    if (!peer_.certificate) {
      return End(Error{ErrorCode::kDenied, "hello", "a client certificate is needed"}, kRetryAfterFault);
    }
    state_ = State::kGreeting;
    step.jobs.push_back(
        HelloJob{id_, peer_.address, *peer_.certificate, std::unique_ptr<proto::Hello>(message.release_hello())});
    return step;
  }
  if (message.has_enrol()) {
    if (peer_.certificate) return Protocol("enrolment is for those who have no certificate");
    if (!enrolment_allowed) return End(Error{ErrorCode::kUnavailable, "enrolment", "too many at once; try again"}, 10);
    state_ = State::kEnrolling;
    step.jobs.push_back(EnrolJob{id_, peer_.address, std::unique_ptr<proto::EnrolRequest>(message.release_enrol())});
    return step;
  }
  return Protocol("expected a greeting");
}

Step Session::TakeOpen(proto::FromTerminal& message, std::int64_t now_us) {
  Step step;
  if (message.has_batch()) return TakeBatch(std::unique_ptr<proto::Batch>(message.release_batch()), now_us);
  if (message.has_policy_status()) {
    std::unique_ptr<proto::PolicyStatus> status(message.release_policy_status());
    // The store counts in signed 64 bits.
    constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (status->version() > kLast) return Protocol("policy version out of range");
    ++reports_;
    status->set_error_code(PlainText(std::move(*status->mutable_error_code()), kMaxReportText));
    status->set_detail(PlainText(std::move(*status->mutable_detail()), kMaxReportText));
    answered_ = std::max(answered_, status->version());
    step.jobs.push_back(PolicyStatusJob{id_, terminal_, std::move(status)});
    step.replies = Offer(offers_).replies;
    return step;
  }
  if (message.has_renew()) {
    state_ = State::kRenewing;
    step.jobs.push_back(RenewJob{id_, terminal_, peer_.address, *peer_.certificate,
                                 std::move(*message.mutable_renew()->mutable_csr_der())});
    return step;
  }
  if (message.has_log_damaged()) {
    const std::string detail = PlainText(std::move(*message.mutable_log_damaged()->mutable_detail()), kMaxReportText);
    return Dispute(BatchFault{proto::ALARM_BROKEN_CHAIN, message.log_damaged().sequence(),
                              "the terminal cannot read its log on: " + detail},
                   nullptr);
  }
  return Protocol("unexpected message");
}

Step Session::Dispute(const BatchFault& fault, std::unique_ptr<proto::Batch> evidence) {
  Step step;
  state_ = State::kClosed;  // the answer refuses and closes; nothing more is taken
  step.jobs.push_back(DisputeJob{id_, terminal_, peer_.address, fault, std::move(evidence)});
  return step;
}

Step Session::TakeBatch(std::unique_ptr<proto::Batch> batch, std::int64_t now_us) {
  const std::uint64_t first = batch->first_sequence();
  auto verdict = CheckBatch(batch, LogOwner{log_id_, *key_}, now_us);
  if (const auto* fault = std::get_if<BatchFault>(&verdict)) return Dispute(*fault, std::move(batch));
  CheckedBatch& checked = std::get<CheckedBatch>(verdict);

  Step step;
  if (first <= head_.sequence) {
    // Nothing else is taken until the store has said how these stand to what it has.
    state_ = State::kReplaying;
    in_flight_ += checked.bytes;
    step.jobs.push_back(ReplayJob{id_, terminal_, peer_.address, std::move(checked)});
    return step;
  }
  if (first != head_.sequence + 1 && first != gap_until_) {
    return Dispute(BatchFault{proto::ALARM_GAP, first,
                              "records " + std::to_string(head_.sequence + 1) + " to " + std::to_string(first - 1) +
                                  " were left out"},
                   std::move(checked.message));
  }
  if (first == head_.sequence + 1 && checked.base.hash != head_.hash) {
    return Dispute(BatchFault{proto::ALARM_FORK, head_.sequence, "it builds on another history"},
                   std::move(checked.message));
  }
  in_flight_ += checked.bytes;
  const chain::Head known = head_;
  head_ = checked.head;
  gap_until_ = 0;
  step.jobs.push_back(StoreJob{id_, terminal_, peer_.address, known, std::move(checked)});
  return step;
}

Step Session::TakeAnswer(Answer answer) {
  Step step;
  in_flight_ -= std::min(in_flight_, answer.released);
  if (answer.status_noted && reports_ > 0) --reports_;
  if (answer.greeting && state_ == State::kGreeting) {
    Greeting& greeting = *answer.greeting;
    terminal_ = std::move(greeting.terminal);
    log_id_ = greeting.log_id;
    head_ = greeting.head;
    key_ = std::move(greeting.key);
    gap_until_ = greeting.first_sequence > head_.sequence + 1 ? greeting.first_sequence : 0;
    offered_ = answered_ = greeting.policy_version;
    offers_ = std::move(answer.offers);
    state_ = State::kOpen;
  }
  if (state_ == State::kReplaying && answer.durable) {
    if (answer.durable->sequence > head_.sequence) head_ = *answer.durable;
    state_ = State::kOpen;
  }
  if (state_ == State::kRenewing && answer.reply && answer.reply->has_renewed()) state_ = State::kOpen;
  if (answer.reply) step.replies.push_back(answer.reply->SerializeAsString());
  step.close = answer.close;
  if (step.close) state_ = State::kClosed;
  if (answer.greeting && state_ == State::kOpen) {
    Step offer = Offer(offers_);
    std::move(offer.replies.begin(), offer.replies.end(), std::back_inserter(step.replies));
  }
  return step;
}

Step Session::Offer(Offers offers) {
  Step step;
  offers_ = std::move(offers);
  const bool spoken = state_ == State::kOpen || state_ == State::kReplaying || state_ == State::kRenewing;
  const bool on_the_way = offers_.move && offers_.move->version > answered_;
  const std::shared_ptr<const OfferedPolicy>& next = on_the_way ? offers_.move : offers_.group;
  if (!next || !spoken || next->version <= offered_) return step;
  offered_ = next->version;
  step.replies.push_back(next->frame);
  return step;
}

}  // namespace sekimori::intake
