// What a person hears at the prompt: whoever is refused hears the same, whatever the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/login_door/standing_agent.h"
#include "tests/component/pam/login.h"

namespace sekimori::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Case {
  const char* name;
  const char* user;
  void (*arrange)(StandingAgent&);
  std::deque<std::optional<std::string>> answers = {"x", "right"};
};

const Case kRefused[] = {
    {"wrong password", "yamada", [](StandingAgent&) {}},
    {"wrong code", "yamada", [](StandingAgent&) {}, {"right", "x"}},
    {"nobody's name", "satoo", [](StandingAgent&) {}},
    {"nobody's name, right answers", "satoo", [](StandingAgent&) {}, {"right", "right"}},
    {"not enrolled", "suzuki", [](StandingAgent&) {}},
    {"not enrolled, right answers", "suzuki", [](StandingAgent&) {}, {"right", "right"}},
    {"revoked", "yamada", [](StandingAgent& agent) { agent.store.Revoke(kYamada, "app"); }},
    {"locked password", "yamada",
     [](StandingAgent& agent) {
       agent.store.SetTries({kYamada, "password"}, 3);
     }},
    {"denied by a rule",
     "yamada",
     [](StandingAgent& agent) {
       agent.policy.rules = {{.id = "no", .deny = true, .required = {}, .methods = {}, .reason = {}, .match = {}}};
       agent.policies.Set(agent.policy);
     },
     {"right", "right"}},
};

TEST(Refusal, IsTheSameForWhateverReason) {
  std::optional<std::vector<Shown>> first;
  for (const Case& each : kRefused) {
    SCOPED_TRACE(each.name);
    StandingAgent agent;
    each.arrange(agent);
    Login login(service::kOrdinary, each.user, each.answers);
    EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
    if (!first) first = login.shown();
    EXPECT_EQ(login.shown(), *first);
    EXPECT_THAT(login.shown(), SizeIs(3)) << "two questions, one refusal";
  }
}

TEST(Refusal, IsToldToWhoProvedSomethingAndIsLocked) {
  StandingAgent agent;
  agent.store.SetTries({kYamada, "app"}, 3);
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  EXPECT_EQ(login.Authenticate(), PAM_MAXTRIES);
}

TEST(Welcome, TellsTheLoginBeforeAndWhatFailedSince) {
  StandingAgent agent;
  for (const char* const answer : {"right", "wrong", "right"}) {
    Login login(service::kOrdinary, "yamada", {"right", answer});
    ::pam_set_item(login.handle(), PAM_TTY, "tty1");
    (void)login.Authenticate();
    if (std::string(answer) == "wrong" || agent.journal.logins().size() < 3) continue;
    ASSERT_THAT(login.shown(), SizeIs(3));
    EXPECT_EQ(login.shown()[2].style, PAM_TEXT_INFO);
    EXPECT_THAT(login.shown()[2].text, HasSubstr("tty1"));
    EXPECT_THAT(login.shown()[2].text, HasSubstr(" 1 回"));
  }
  EXPECT_THAT(agent.journal.logins(), SizeIs(3));
}

TEST(Choice, IsOfferedToWhoHasSeveral) {
  StandingAgent agent;
  agent.store.Enrol(kYamada, {.id = "spare", .method = model::Method::kTotp, .label = "予備\x1b[2J"});
  Login login(service::kOrdinary, "yamada", {"right", "２", "right"});
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  ASSERT_THAT(login.shown(), testing::SizeIs(testing::Ge(2U)));
  EXPECT_THAT(login.shown()[1].text, HasSubstr("2  "));
  EXPECT_THAT(login.shown()[1].text, HasSubstr("phone"));
  EXPECT_THAT(login.shown()[1].text, testing::Not(HasSubstr("\x1b")));
  EXPECT_EQ(agent.totp.held().at(0).evidence.credential, "spare");
}

}  // namespace
}  // namespace sekimori::tests
