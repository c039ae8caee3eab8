// What the deciding thread does for logins: writes them down, and says by which policy to judge.
#include <thread>

#include <gtest/gtest.h>

#include "agent/core/login_records.h"
#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

constexpr std::chrono::milliseconds kAtOnce{1};

model::LoginJudged Login(model::LoginResult result, const std::string& user = "sato") {
  model::LoginJudged login;
  login.place.user = model::Account{1000, user};
  login.result = result;
  return login;
}
model::LoginJudged Granted(const std::string& user = "sato") {
  return Login(model::LoginResult::kGranted, user);
}
model::LoginJudged Denied(const std::string& user = "sato") {
  return Login(model::LoginResult::kDenied, user);
}

model::AuthenticatorChanged Changed(model::AuthenticatorChange change) {
  model::AuthenticatorChanged changed;
  changed.change = change;
  return changed;
}

const Error kFullDisk{ErrorCode::kFull, "log.db", "no space left on device"};

TEST(LoginRecords, AreOnDiskWhenTheyAreAnsweredAndSentAtOnce) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const int wakes = terminal.link.wakes();
  const ports::Answer answer = terminal.Ask(ports::RecordLogin{Granted()});
  ASSERT_TRUE(std::holds_alternative<ports::Done>(answer));
  ASSERT_EQ(terminal.log.Of<model::LoginJudged>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::LoginJudged>()[0].place.user->name, "sato");
  EXPECT_GT(terminal.link.wakes(), wakes);
}

TEST(LoginRecords, AreSignedInTheirTime) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Pass(std::chrono::minutes{2});
  const int before = terminal.log.checkpoints();
  (void)terminal.Ask(ports::RecordLogin{Granted()});
  terminal.Pass(std::chrono::minutes{2});
  EXPECT_EQ(terminal.log.checkpoints(), before + 1);
}

TEST(LoginRecords, OfManyLoginsAtOnceAreOneWrite) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const std::size_t groups = terminal.log.groups().size();
  NoticeGroup group;
  for (int i = 0; i < 200; ++i)
    group.records.push_back(std::make_shared<Ticket>(ports::RecordLogin{Granted(std::to_string(i))}, ports::Asker{}));
  const auto tickets = group.records;
  ASSERT_TRUE(terminal.decider->Take(std::move(group)));
  EXPECT_EQ(terminal.log.groups().size(), groups + 1);
  EXPECT_EQ(terminal.log.Of<model::LoginJudged>().size(), 200U);
  for (const auto& ticket : tickets)
    EXPECT_TRUE(std::holds_alternative<ports::Done>(ticket->Wait(kAtOnce)));
}

TEST(LoginRecords, WhatTheLogRefusesIsNeverWrittenAsAGrantButKeptAsARefusal) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.log.Fail(kFullDisk);
  model::SessionJudged opened, denied, closed;
  opened.allowed = closed.allowed = true;
  closed.phase = model::SessionPhase::kClose;
  const std::vector<model::EventBody> bodies = {Granted(),
                                                Denied(),
                                                opened,
                                                denied,
                                                closed,
                                                Changed(model::AuthenticatorChange::kEnrolled),
                                                Changed(model::AuthenticatorChange::kUnlocked),
                                                Changed(model::AuthenticatorChange::kRevoked)};
  NoticeGroup group;
  for (const model::EventBody& body : bodies)
    group.records.push_back(std::make_shared<Ticket>(ports::RecordLogin{body}, ports::Asker{}));
  const auto tickets = group.records;
  ASSERT_TRUE(terminal.decider->Take(std::move(group)));
  for (const auto& ticket : tickets)
    EXPECT_EQ(std::get<Error>(ticket->Wait(kAtOnce)).code, ErrorCode::kFull);
  EXPECT_TRUE(terminal.HasTrouble("log"));
  terminal.log.Fail(std::nullopt);
  terminal.Pass(std::chrono::minutes{1});
  ASSERT_EQ(terminal.log.Of<model::LoginJudged>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::LoginJudged>()[0].result, model::LoginResult::kDenied);
  ASSERT_EQ(terminal.log.Of<model::SessionJudged>().size(), 2U);
  EXPECT_FALSE(terminal.log.Of<model::SessionJudged>()[0].allowed);
  EXPECT_EQ(terminal.log.Of<model::SessionJudged>()[1].phase, model::SessionPhase::kClose);
  ASSERT_EQ(terminal.log.Of<model::AuthenticatorChanged>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::AuthenticatorChanged>()[0].change, model::AuthenticatorChange::kRevoked);
}

TEST(LoginRecords, KeepNoGrantAlsoWhenTheyGiveUpWhatWasKept) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.log.Fail(kFullDisk);
  NoticeGroup group;
  for (std::size_t i = 0; i < Recorder::kMaxKept + 10; ++i)
    group.records.push_back(
        std::make_shared<Ticket>(ports::RecordLogin{i % 2 == 0 ? Granted() : Denied()}, ports::Asker{}));
  ASSERT_TRUE(terminal.decider->Take(std::move(group)));
  terminal.log.Fail(std::nullopt);
  terminal.Pass(std::chrono::minutes{1});
  EXPECT_FALSE(terminal.log.Of<model::LoginJudged>().empty());
  for (const model::LoginJudged& each : terminal.log.Of<model::LoginJudged>())
    EXPECT_EQ(each.result, model::LoginResult::kDenied);
}

// Told "not recorded", the login is refused; a grant in the log a minute later would be a lie.
TEST(LoginRecords, GivenUpByTheirAskerAreNeverWritten) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  LoginRecords records(*terminal.queue, kAtOnce);
  const Status recorded = records.Record(Granted());
  ASSERT_FALSE(recorded.ok());
  EXPECT_EQ(recorded.error().code, ErrorCode::kTimeout);
  terminal.Once();
  terminal.Pass(std::chrono::minutes{1});
  EXPECT_TRUE(terminal.log.Of<model::LoginJudged>().empty());
}

TEST(LoginRecords, AnswerAcrossThreads) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  Status recorded = Error{ErrorCode::kInternal, "test", "not asked"};
  std::thread login([&] { recorded = LoginRecords(*terminal.queue, std::chrono::minutes{1}).Record(Granted()); });
  for (bool asked = false; !asked;) {
    NoticeGroup group = terminal.queue->Take(std::nullopt);
    asked = !group.records.empty() || !group.questions.empty();
    (void)terminal.decider->Take(std::move(group));
  }
  login.join();
  EXPECT_TRUE(recorded.ok());
}

TEST(LoginRecords, AreOfNothingElse) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const std::size_t records = terminal.log.All().size();
  EXPECT_EQ(std::get<Error>(terminal.Ask(ports::RecordLogin{model::BarrierReleased{0, "root", "forged"}})).code,
            ErrorCode::kInvalid);
  EXPECT_EQ(terminal.log.All().size(), records);
}

TEST(NoticeQueue, HasRoomForLoginsWhereQuestionsFillTheirs) {
  NoticeQueue queue({.questions = 0, .records = 1});
  EXPECT_EQ(std::get<Error>(queue.Ask(ports::AskStatus{}, {}, kAtOnce)).code, ErrorCode::kFull);
  EXPECT_EQ(std::get<Error>(queue.Ask(ports::RecordLogin{Granted()}, {}, kAtOnce)).code, ErrorCode::kTimeout);
  EXPECT_EQ(std::get<Error>(queue.Ask(ports::RecordLogin{Granted()}, {}, kAtOnce)).code, ErrorCode::kFull);
  const NoticeGroup group = queue.Take(std::chrono::microseconds{0});
  EXPECT_TRUE(group.questions.empty());
  EXPECT_EQ(group.records.size(), 1U);
  queue.Close();
  EXPECT_EQ(std::get<Error>(queue.Ask(ports::RecordLogin{Granted()}, {}, kAtOnce)).code, ErrorCode::kUnavailable);
}

TEST(StandingLogin, BeforeAnyPolicyAsksTwoClassesAndLetsNoSessionInWithoutATicket) {
  const policy::LoginPolicy login = StandingLogin().Current();
  EXPECT_EQ(login.mode, model::Mode::kEnforce);
  EXPECT_TRUE(login.rules.empty());
  EXPECT_TRUE(login.sessions.empty());
  EXPECT_FALSE(login.grace_until.has_value());
}

model::Policy WithTries(model::Mode mode, std::uint32_t tries) {
  model::Policy policy = PolicyOf(mode);
  policy.login.tries = tries;
  policy.sha256[2] = static_cast<std::uint8_t>(tries);
  return policy;
}

TEST(StandingLogin, IsThatOfThePolicyTakenAtStartReloadAndOffer) {
  Terminal terminal;
  terminal.store.local = WithTries(model::Mode::kObserve, 5);
  terminal.Start();
  EXPECT_EQ(terminal.login_policy.Current().tries, 5U);
  EXPECT_EQ(terminal.login_policy.Current().mode, model::Mode::kObserve);
  EXPECT_EQ(terminal.login_policy.Current().name, "test");
  terminal.store.local = WithTries(model::Mode::kEnforce, 6);
  terminal.Reload();
  EXPECT_EQ(terminal.login_policy.Current().tries, 6U);
  EXPECT_EQ(terminal.login_policy.Current().mode, model::Mode::kEnforce);
  model::Policy offered = WithTries(model::Mode::kEnforce, 7);
  offered.source = model::PolicySource::kCollector;
  offered.version = 9;
  terminal.store.offers.emplace("offer", offered);
  terminal.queue->OnPolicy("offer");
  terminal.Run();
  EXPECT_EQ(terminal.login_policy.Current().tries, 7U);
  EXPECT_EQ(terminal.login_policy.Current().version, 9U);
}

TEST(StandingLogin, StaysWhenAPolicyIsRefused) {
  Terminal terminal;
  terminal.store.local = WithTries(model::Mode::kEnforce, 5);
  terminal.Start();
  terminal.store.local = Error{ErrorCode::kInvalid, "policy.toml:3", "tries is 0"};
  terminal.Reload();
  EXPECT_EQ(terminal.login_policy.Current().tries, 5U);
  EXPECT_EQ(terminal.login_policy.Current().mode, model::Mode::kEnforce);
}

TEST(StandingLogin, ObservesWhereObservingIsForced) {
  Terminal terminal;
  terminal.store.local = WithTries(model::Mode::kEnforce, 5);
  Settings forced;
  forced.force_observe = true;
  terminal.Start(forced);
  EXPECT_EQ(terminal.login_policy.Current().mode, model::Mode::kObserve);
}

}  // namespace
}  // namespace sekimori::core::tests
