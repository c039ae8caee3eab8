#include "server/intake/session.h"

#include <gtest/gtest.h>

#include "server/authority/issue.h"
#include "tests/unit/intake/made_batch.h"

namespace sekimori::intake {
namespace {

constexpr std::int64_t kNowUs = 1'000'000;

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { log_.Append(100); }
  static Peer Stranger() { return Peer{"192.0.2.1:5", std::nullopt}; }
  Peer Known() {
    authority::CertificateTerms terms;
    terms.organization = "site";
    terms.common_name = "t-1";
    terms.not_before = std::chrono::sys_seconds{};
    terms.not_after = terms.not_before + std::chrono::days(10);
    return Peer{"192.0.2.1:5", authority::Issue(terms, key_.public_key(), nullptr, key_).value()};
  }
  static std::string Frame(const proto::FromTerminal& message) { return message.SerializeAsString(); }
  static std::string Hello() {
    proto::FromTerminal message;
    message.mutable_hello()->set_protocol(1);
    return Frame(message);
  }
  std::string BatchFrame(std::uint64_t first, std::uint64_t last) {
    proto::FromTerminal message;
    *message.mutable_batch() = log_.Batch(first, last);
    return Frame(message);
  }
  Answer GreetingAt(std::uint64_t stored, std::uint64_t first_sequence = 1) {
    Answer answer;
    answer.greeting = Greeting{"t-1", log_.log_id(), log_.HeadAt(stored), key_.public_key(), first_sequence, 3};
    answer.reply.emplace().mutable_welcome();
    return answer;
  }
  // An open session whose head is at `stored`.
  std::unique_ptr<Session> Open(std::uint64_t stored, std::uint64_t first_sequence = 1) {
    auto session = std::make_unique<Session>(1, Known(), limits_);
    EXPECT_EQ(1U, session->Take(Hello(), true, kNowUs).jobs.size());
    (void)session->TakeAnswer(GreetingAt(stored, first_sequence));
    EXPECT_TRUE(session->open());
    return session;
  }
  static std::string Refusal(const Step& step) {
    proto::FromCollector message;
    if (step.replies.empty() || !message.ParseFromString(step.replies.back()) || !message.has_refused()) return "";
    return message.refused().error_code();
  }
  static std::shared_ptr<const OfferedPolicy> Offered(std::uint64_t version, const std::string& frame) {
    return std::make_shared<const OfferedPolicy>(OfferedPolicy{version, frame});
  }
  static std::string StatusFrame(std::uint64_t version, bool in_force) {
    proto::FromTerminal message;
    message.mutable_policy_status()->set_version(version);
    message.mutable_policy_status()->set_in_force(in_force);
    return Frame(message);
  }
  SessionLimits limits_;
  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  MadeLog log_{key_};
};

TEST_F(SessionTest, AStrangerMayOnlyEnrolAndOnlyWhenThereIsRoom) {
  EXPECT_EQ("denied", Refusal(Session(1, Stranger(), limits_).Take(Hello(), true, kNowUs)));
  EXPECT_EQ("invalid", Refusal(Session(1, Stranger(), limits_).Take(BatchFrame(1, 2), true, kNowUs)));
  proto::FromTerminal enrol;
  enrol.mutable_enrol()->set_token_id("x");
  EXPECT_EQ("unavailable", Refusal(Session(1, Stranger(), limits_).Take(Frame(enrol), false, kNowUs)));
  Session session(1, Stranger(), limits_);
  const Step step = session.Take(Frame(enrol), true, kNowUs);
  ASSERT_EQ(1U, step.jobs.size());
  EXPECT_TRUE(std::holds_alternative<EnrolJob>(step.jobs.front()));
  EXPECT_FALSE(session.reading());
}

TEST_F(SessionTest, NothingIsReadWhileAGreetingIsJudged) {
  Session session(1, Known(), limits_);
  (void)session.Take(Hello(), true, kNowUs);
  EXPECT_FALSE(session.reading());
  EXPECT_EQ("invalid", Refusal(session.Take(BatchFrame(1, 2), true, kNowUs)));
}

TEST_F(SessionTest, UnreadableFramesEndIt) {
  const Step step = Session(1, Known(), limits_).Take("\xff\xff", true, kNowUs);
  EXPECT_EQ("invalid", Refusal(step));
  EXPECT_TRUE(step.close);
}

TEST_F(SessionTest, ALogThatCannotBeReadOnIsADisputeAndTheEnd) {
  const auto session = Open(10);
  proto::FromTerminal message;
  message.mutable_log_damaged()->set_sequence(14);
  message.mutable_log_damaged()->set_detail(std::string(100'000, 'x'));
  const Step step = session->Take(Frame(message), true, kNowUs);
  ASSERT_EQ(1U, step.jobs.size());
  const BatchFault& fault = std::get<DisputeJob>(step.jobs.front()).fault;
  EXPECT_EQ(proto::ALARM_BROKEN_CHAIN, fault.kind);
  EXPECT_EQ(14U, fault.sequence);
  EXPECT_LT(fault.detail.size(), 1000U);
  EXPECT_FALSE(session->open());
}

TEST_F(SessionTest, ConsecutiveBatchesAreHandedOnWithoutWaiting) {
  const auto session = Open(10);
  Step first = session->Take(BatchFrame(11, 20), true, kNowUs);
  Step second = session->Take(BatchFrame(21, 30), true, kNowUs);
  ASSERT_EQ(1U, first.jobs.size());
  ASSERT_EQ(1U, second.jobs.size());
  const auto& job = std::get<StoreJob>(second.jobs.front());
  EXPECT_EQ(log_.HeadAt(20), job.known_head);
  EXPECT_EQ(log_.HeadAt(30), job.batch.head);
  EXPECT_GT(session->in_flight(), 0U);
}

TEST_F(SessionTest, ReadingStopsAtTheBoundAndGoesOnWithTheAnswer) {
  limits_.in_flight = 10;
  const auto session = Open(0);
  (void)session->Take(BatchFrame(1, 50), true, kNowUs);
  EXPECT_FALSE(session->reading());
  Answer answer;
  answer.released = session->in_flight();
  answer.reply.emplace().mutable_ack()->set_sequence(50);
  const Step step = session->TakeAnswer(std::move(answer));
  EXPECT_EQ(1U, step.replies.size());
  EXPECT_TRUE(session->reading());
  EXPECT_EQ(0U, session->in_flight());
}

TEST_F(SessionTest, WhatLiesBeforeTheHeadIsAskedOfTheStoreFirst) {
  const auto session = Open(10);
  const Step step = session->Take(BatchFrame(8, 15), true, kNowUs);
  ASSERT_EQ(1U, step.jobs.size());
  EXPECT_TRUE(std::holds_alternative<ReplayJob>(step.jobs.front()));
  EXPECT_FALSE(session->reading());
  Answer answer;
  answer.durable = log_.HeadAt(15);
  answer.released = session->in_flight();
  (void)session->TakeAnswer(std::move(answer));
  EXPECT_TRUE(session->reading());
  EXPECT_TRUE(std::holds_alternative<StoreJob>(session->Take(BatchFrame(16, 20), true, kNowUs).jobs.front()));
}

TEST_F(SessionTest, AGapIsTakenOnlyWhereItWasAnnounced) {
  const auto announced = Open(10, 31);
  EXPECT_TRUE(std::holds_alternative<StoreJob>(announced->Take(BatchFrame(31, 35), true, kNowUs).jobs.front()));
  EXPECT_TRUE(std::holds_alternative<DisputeJob>(announced->Take(BatchFrame(41, 45), true, kNowUs).jobs.front()));
  const auto silent = Open(10);
  const Step step = silent->Take(BatchFrame(31, 35), true, kNowUs);
  EXPECT_EQ(proto::ALARM_GAP, std::get<DisputeJob>(step.jobs.front()).fault.kind);
}

TEST_F(SessionTest, AnotherHistoryIsAFork) {
  const auto session = Open(10);
  MadeLog other(key_);
  other.Append(3);
  // Differs from record 4 on: its records carry other times.
  proto::FromTerminal message;
  *message.mutable_batch() = log_.Batch(11, 12);
  MadeLog longer(key_);
  longer.Append(9);
  proto::Event event;
  event.set_time_us(4711);
  Answer answer = GreetingAt(10);
  answer.greeting->head.hash[0] ^= 1;
  Session forked(2, Known(), limits_);
  (void)forked.Take(Hello(), true, kNowUs);
  (void)forked.TakeAnswer(std::move(answer));
  const Step step = forked.Take(Frame(message), true, kNowUs);
  EXPECT_EQ(proto::ALARM_FORK, std::get<DisputeJob>(step.jobs.front()).fault.kind);
}

TEST_F(SessionTest, AfterADisputeNothingIsTakenAndTheAnswerStillArrives) {
  const auto session = Open(10);
  (void)session->Take(BatchFrame(31, 35), true, kNowUs);
  EXPECT_FALSE(session->reading());
  EXPECT_TRUE(session->Take(BatchFrame(11, 12), true, kNowUs).jobs.empty());
  Answer answer;
  answer.reply = MakeRefusal(Error{ErrorCode::kConflict, "log", "gap"}, 300);
  answer.close = true;
  const Step step = session->TakeAnswer(std::move(answer));
  EXPECT_EQ("conflict", Refusal(step));
  EXPECT_TRUE(step.close);
}

TEST_F(SessionTest, APolicyIsOfferedOnceAndOnlyWhenItIsNewer) {
  const auto session = Open(10);
  const auto old = Offered(3, "old"), fresh = Offered(4, "fresh");
  EXPECT_TRUE(session->Offer({nullptr, old}).replies.empty());
  EXPECT_EQ(std::vector<std::string>{"fresh"}, session->Offer({nullptr, fresh}).replies);
  EXPECT_TRUE(session->Offer({nullptr, fresh}).replies.empty());
  EXPECT_TRUE(session->Offer({}).replies.empty());
}

// Only a member of the group takes what is for the group, so the move comes first, and alone.
TEST_F(SessionTest, TheGroupsPolicyWaitsUntilTheMoveIsAnswered) {
  const Offers offers{Offered(5, "move"), Offered(6, "group")};
  for (const bool taken : {true, false}) {
    const auto session = Open(10);
    EXPECT_EQ(std::vector<std::string>{"move"}, session->Offer(offers).replies);
    EXPECT_TRUE(session->Offer(offers).replies.empty());
    EXPECT_TRUE(session->Take(StatusFrame(3, true), true, kNowUs).replies.empty()) << "of what stood before";
    const Step answered = session->Take(StatusFrame(5, taken), true, kNowUs);
    EXPECT_EQ(1U, answered.jobs.size());
    EXPECT_EQ(std::vector<std::string>{"group"}, answered.replies) << "a refused move must not hold the rest up";
    EXPECT_TRUE(session->Take(StatusFrame(5, taken), true, kNowUs).replies.empty());
  }
}

TEST_F(SessionTest, AMoveIsEnoughWhenTheGroupHasNothingNewer) {
  const auto session = Open(10);
  const Offers offers{Offered(5, "move"), Offered(4, "group")};
  EXPECT_EQ(std::vector<std::string>{"move"}, session->Offer(offers).replies);
  EXPECT_TRUE(session->Take(StatusFrame(5, true), true, kNowUs).replies.empty());
}

TEST_F(SessionTest, AMoveTheTerminalHasBehindItIsNotOffered) {
  const auto session = Open(10);
  EXPECT_EQ(std::vector<std::string>{"group"}, session->Offer({Offered(3, "move"), Offered(4, "group")}).replies);
}

TEST_F(SessionTest, APolicyComesRightAfterTheWelcome) {
  Session session(1, Known(), limits_);
  (void)session.Take(Hello(), true, kNowUs);
  Answer answer = GreetingAt(0);
  answer.offers.group = Offered(9, "policy");
  const Step step = session.TakeAnswer(std::move(answer));
  ASSERT_EQ(2U, step.replies.size());
  EXPECT_EQ("policy", step.replies[1]);
}

TEST_F(SessionTest, ReportsAreTextThatCanBeStored) {
  const auto session = Open(10);
  proto::FromTerminal message;
  message.mutable_policy_status()->set_error_code(std::string("in\0valid", 8));
  for (int i = 0; i < 300; ++i)
    message.mutable_policy_status()->mutable_detail()->append("関");
  const Step step = session->Take(Frame(message), true, kNowUs);
  ASSERT_EQ(1U, step.jobs.size());
  const proto::PolicyStatus& status = *std::get<PolicyStatusJob>(step.jobs.front()).status;
  EXPECT_EQ("in valid", status.error_code());
  EXPECT_EQ("関…", status.detail().substr(status.detail().size() - 6));
}

TEST_F(SessionTest, AReportOfAVersionNoStoreCanHoldEndsIt) {
  const auto session = Open(10);
  proto::FromTerminal message;
  message.mutable_policy_status()->set_version(std::uint64_t{1} << 63);
  EXPECT_EQ("invalid", Refusal(session->Take(Frame(message), true, kNowUs)));
}

TEST_F(SessionTest, ReportsAreBounded) {
  const auto session = Open(10);
  proto::FromTerminal message;
  message.mutable_policy_status()->set_detail(std::string(5000, 'x'));
  for (std::uint32_t i = 0; i < limits_.reports; ++i) {
    Step step = session->Take(Frame(message), true, kNowUs);
    ASSERT_EQ(1U, step.jobs.size());
    EXPECT_LE(std::get<PolicyStatusJob>(step.jobs.front()).status->detail().size(), 512U);
  }
  EXPECT_FALSE(session->reading());
  Answer noted;
  noted.status_noted = true;
  (void)session->TakeAnswer(std::move(noted));
  EXPECT_TRUE(session->reading());
}

}  // namespace
}  // namespace sekimori::intake
