// Every PAM entry × every failure of the agent's own parts: none succeeds without two classes.
#include <chrono>
#include <deque>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/login_door/standing_agent.h"
#include "tests/component/pam/login.h"

namespace sekimori::tests {
namespace {

using Does = fakes::FakeAuthenticator::Does;
using Answers = std::deque<std::optional<std::string>>;
using model::FactorClass;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

enum class Entry { kAuthenticate, kAccount, kOpenSession, kCloseSession, kSetCredentials, kChangePassword };
constexpr Entry kEntries[] = {Entry::kAuthenticate, Entry::kAccount,        Entry::kOpenSession,
                              Entry::kCloseSession, Entry::kSetCredentials, Entry::kChangePassword};

std::string NameOf(Entry entry) {
  constexpr const char* kNames[] = {"authenticate",  "account",         "open_session",
                                    "close_session", "set_credentials", "change_password"};
  return kNames[static_cast<int>(entry)];
}

int Enter(Login& login, Entry entry) {
  switch (entry) {
    case Entry::kAuthenticate:
      return login.Authenticate();
    case Entry::kAccount:
      return login.Account();
    case Entry::kOpenSession:
      return login.OpenSession();
    case Entry::kCloseSession:
      return login.CloseSession();
    case Entry::kSetCredentials:
      return login.SetCredentials();
    case Entry::kChangePassword:
      return login.ChangePassword();
  }
  return PAM_ABORT;
}

struct Failure {
  const char* name;
  void (*arrange)(StandingAgent&) = [](StandingAgent&) {};
  Answers answers = {"right", "right"};
  const char* user = "yamada";
  StandingAgent::Ways ways = {};
};
void PrintTo(const Failure& failure, std::ostream* out) {
  *out << failure.name;
}

Failure Of(const char* name, void (*arrange)(StandingAgent&)) {
  return {name, arrange};
}

StandingAgent::Ways NoPlace() {
  StandingAgent::Ways ways;
  ways.bounds.connections = 0;
  return ways;
}
StandingAgent::Ways AsUid(std::uint32_t uid) {
  StandingAgent::Ways ways;
  ways.peer = uid;
  return ways;
}

const Failure kFailures[] = {
    {"socket_is_gone", [](StandingAgent& agent) { agent.socket.Stop(); }},
    {"no_place_for_one_more", [](StandingAgent&) {}, {"right", "right"}, "yamada", NoPlace()},
    {"peer_of_another_uid", [](StandingAgent&) {}, {"right", "right"}, "yamada", AsUid(kSuzuki)},
    {"unknown_user", [](StandingAgent&) {}, {"right", "right"}, "satoo"},
    {"name_service_fails",
     [](StandingAgent& agent) {
       agent.users.Fail(Error{ErrorCode::kTimeout, "name service", "no answer in time"});
     }},
    {"store_fails", [](StandingAgent& agent) { agent.store.FailAll(true); }},
    {"recording_fails",
     [](StandingAgent& agent) {
       agent.journal.Fail(Error{ErrorCode::kFull, "log", "full"});
     }},
    {"no_chance",
     [](StandingAgent& agent) {
       agent.random.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
     }},
    {"policy_denies",
     [](StandingAgent& agent) {
       agent.policy.rules = {{.id = "nobody", .deny = true, .required = {}, .methods = {}, .reason = {}, .match = {}}};
       agent.policies.Set(agent.policy);
     }},
    {"policy_asks_for_more",
     [](StandingAgent& agent) {
       agent.policy.rules = {{.id = "three",
                              .deny = false,
                              .required = {.named = {}, .at_least = 3},
                              .methods = {},
                              .reason = {},
                              .match = {}}};
       agent.policies.Set(agent.policy);
     }},
    {"revoked", [](StandingAgent& agent) { agent.store.Revoke(kYamada, "app"); }},
    {"not_enrolled", [](StandingAgent&) {}, {"right", "right"}, "suzuki"},
    {"grace_at_a_time_that_nobody_knows",
     [](StandingAgent& agent) {
       agent.policy.grace_until = agent.clock.Now() + std::chrono::hours(1);
       agent.policies.Set(agent.policy);
       agent.floor.Fail(Error{ErrorCode::kIo, "floor", "unreadable"});
     },
     {"right", "right"},
     "suzuki"},
    {"grace_is_over",
     [](StandingAgent& agent) {
       agent.policy.grace_until = agent.clock.Now() + std::chrono::hours(1);
       agent.policies.Set(agent.policy);
       agent.floor.Set(agent.clock.Now() + std::chrono::hours(2));
     },
     {"right", "right"},
     "suzuki"},
    {"locked_out",
     [](StandingAgent& agent) {
       agent.store.SetTries({kYamada, "app"}, 3);
     }},
    {"password_wrong", [](StandingAgent&) {}, {"wrong", "right"}},
    {"code_wrong", [](StandingAgent&) {}, {"right", "wrong"}},
    {"one_answer_only", [](StandingAgent&) {}, {"right"}},
    {"no_answer", [](StandingAgent&) {}, {}},
    {"two_proofs_of_one_class", [](StandingAgent& agent) { agent.totp.Give({FactorClass::kKnowledge}); }},
    {"decoys_hold",
     [](StandingAgent& agent) {
       agent.password.DecoysHold(true);
       agent.totp.DecoysHold(true);
     },
     {"right", "right"},
     "satoo"},
    Of("password_refuses", [](StandingAgent& agent) { agent.password.Do(Does::kRefuses); }),
    Of("code_refuses", [](StandingAgent& agent) { agent.totp.Do(Does::kRefuses); }),
    Of("code_start_fails", [](StandingAgent& agent) { agent.totp.Do(Does::kStartFails); }),
    Of("code_starts_nothing", [](StandingAgent& agent) { agent.totp.Do(Does::kStartsNothing); }),
    Of("code_begin_fails", [](StandingAgent& agent) { agent.totp.Do(Does::kBeginFails); }),
    Of("code_continue_fails", [](StandingAgent& agent) { agent.totp.Do(Does::kContinueFails); }),
    {"code_asks_without_end", [](StandingAgent& agent) { agent.totp.Do(Does::kAsksWithoutEnd); },
     Answers(100, "right")},
    Of("code_proves_nothing", [](StandingAgent& agent) { agent.totp.Do(Does::kProvesNothing); }),
    Of("code_proves_weakly", [](StandingAgent& agent) { agent.totp.Do(Does::kProvesWeakly); }),
    Of("code_proves_another", [](StandingAgent& agent) { agent.totp.Do(Does::kProvesAnotherCredential); }),
    Of("code_proves_another_way", [](StandingAgent& agent) { agent.totp.Do(Does::kProvesAnotherMethod); }),
    Of("it_takes_too_long",
       [](StandingAgent& agent) {
         agent.totp.WhileChecking([&agent] { agent.clock.Advance(std::chrono::minutes(6)); });
       }),
};

class AgentPart : public testing::TestWithParam<std::tuple<Entry, Failure>> {};

TEST_P(AgentPart, ThatFailsLetsNobodyIn) {
  const auto& [entry, failure] = GetParam();
  StandingAgent agent(failure.ways);
  failure.arrange(agent);
  Login login(service::kOrdinary, failure.user, failure.answers);
  EXPECT_NE(Enter(login, entry), PAM_SUCCESS);
  EXPECT_EQ(login.Ticket(), std::nullopt);
  EXPECT_NE(login.SetCredentials(), PAM_SUCCESS);
  EXPECT_EQ(agent.tickets.open(), 0U);
  EXPECT_THAT(agent.journal.logins(), Not(Contains(Field(&model::LoginJudged::result, model::LoginResult::kGranted))));
  EXPECT_THAT(agent.journal.sessions(), Not(Contains(Field(&model::SessionJudged::allowed, true))));
}

INSTANTIATE_TEST_SUITE_P(Table, AgentPart, testing::Combine(testing::ValuesIn(kEntries), testing::ValuesIn(kFailures)),
                         [](const auto& row) {
                           return NameOf(std::get<0>(row.param)) + "_" + std::get<1>(row.param).name;
                         });

// The same stacks when nothing fails: what the table shows is not that nothing ever works.
TEST(SoundAgent, LetsInWhoProvesTwoClasses) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  EXPECT_THAT(agent.ClassesHeld(), ElementsAre(FactorClass::kKnowledge, FactorClass::kPossession));
  EXPECT_EQ(login.Account(), PAM_SUCCESS);
  EXPECT_EQ(login.SetCredentials(), PAM_SUCCESS);
  EXPECT_EQ(login.OpenSession(), PAM_SUCCESS);
  EXPECT_EQ(login.CloseSession(), PAM_SUCCESS);
  EXPECT_THAT(agent.journal.logins(), ElementsAre(Field(&model::LoginJudged::result, model::LoginResult::kGranted)));
  EXPECT_THAT(agent.journal.sessions(), ElementsAre(Field(&model::SessionJudged::phase, model::SessionPhase::kOpen),
                                                    Field(&model::SessionJudged::phase, model::SessionPhase::kClose)));
}

// Any single call to the store, before and after it has written.
TEST(StoreCall, ThatFailsLetsNobodyIn) {
  int calls = 0;
  {
    StandingAgent agent;
    agent.store.FailCall(0);
    Login login(service::kOrdinary, "yamada", {"right", "right"});
    ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
    calls = agent.store.calls();
  }
  ASSERT_GT(calls, 5);
  for (int number = 1; number <= calls; ++number) {
    for (const bool written : {false, true}) {
      StandingAgent agent;
      agent.store.FailCall(number, written);
      Login login(service::kOrdinary, "yamada", {"right", "right"});
      EXPECT_NE(login.Authenticate(), PAM_SUCCESS) << "call " << number;
      EXPECT_EQ(login.Ticket(), std::nullopt);
      EXPECT_EQ(agent.tickets.open(), 0U);
    }
  }
}

TEST(Authenticator, ThatHangsLetsNobodyIn) {
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  StandingAgent agent;
  agent.totp.WhileChecking([released] { released.wait_for(std::chrono::seconds(20)); });
  Login login(service::kHasty, "yamada", {"right", "right"});
  EXPECT_EQ(login.Authenticate(), PAM_AUTHINFO_UNAVAIL);
  EXPECT_EQ(login.Ticket(), std::nullopt);
  // Others are served meanwhile.
  EXPECT_EQ(Login(service::kOrdinary).Account(), PAM_PERM_DENIED);
  release.set_value();
  EXPECT_TRUE(agent.porter.EverybodyLeft(2));
  EXPECT_EQ(agent.tickets.open(), 0U);
  EXPECT_THAT(agent.journal.logins(), ElementsAre(Field(&model::LoginJudged::reason, model::LoginReason::kCancelled)))
      << "what was proven after the module had left is no login";
}

TEST(Session, IsNotOpenedWhenThatCannotBeRecorded) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
  agent.journal.Fail(Error{ErrorCode::kFull, "log", "full"});
  EXPECT_EQ(login.OpenSession(), PAM_SESSION_ERR);
  agent.journal.Fail(std::nullopt);
  EXPECT_EQ(login.OpenSession(), PAM_SESSION_ERR) << "the ticket is used up";
}

TEST(Session, IsNotOpenedWithAnotherUsersTicket) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
  Login other(service::kOrdinary, "suzuki");
  ::pam_putenv(other.handle(), ("SEKIMORI_TICKET=" + login.Ticket().value()).c_str());
  EXPECT_EQ(other.Account(), PAM_PERM_DENIED);
  EXPECT_EQ(other.OpenSession(), PAM_SESSION_ERR);
}

TEST(Session, IsNotOpenedTooLate) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
  agent.clock.Advance(std::chrono::minutes(3));
  EXPECT_EQ(login.Account(), PAM_PERM_DENIED);
  EXPECT_EQ(login.OpenSession(), PAM_SESSION_ERR);
}

TEST(Session, WithoutATicketIsOpenedWhereThePolicyOnlyReportsIt) {
  StandingAgent agent;
  agent.policy.sessions = {
      {.id = "cron", .action = policy::WithoutTicket::kReport, .match = {.services = {service::kOrdinary}}}};
  agent.policies.Set(agent.policy);
  Login login(service::kOrdinary);
  EXPECT_EQ(login.Account(), PAM_SUCCESS);
  EXPECT_EQ(login.OpenSession(), PAM_SUCCESS);
  EXPECT_EQ(agent.journal.sessions().back().ground, model::SessionGround::kReported);
  Login elsewhere(service::kBrief);
  EXPECT_EQ(elsewhere.OpenSession(), PAM_SESSION_ERR);
}

TEST(Session, OfAnAgentThatWasRestartedIsClosedWithoutACryOfAlarm) {
  StandingAgent agent;
  Login login(service::kOrdinary);
  EXPECT_EQ(login.CloseSession(), PAM_SESSION_ERR);
  ASSERT_EQ(login.shown().size(), 1U);
  EXPECT_THAT(login.shown()[0].text, testing::HasSubstr("ログアウト"));
  EXPECT_THAT(agent.journal.sessions(), IsEmpty());
}

}  // namespace
}  // namespace sekimori::tests
