// What passes between the person, the module and a sound agent.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/component/pam/login.h"
#include "tests/component/pam/scripted_agent.h"

extern "C" {
#include "drivers/linux/pam/words.h"
}

namespace sekimori::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr LoginPhase kPhases[] = {kLoginAuthenticate, kLoginAccount, kLoginOpenSession, kLoginCloseSession};

// Grants whatever it is asked, and keeps what it was told.
struct GrantingAgent {
  std::vector<LoginFromModule> heard;
  ScriptedAgent agent{AgentSocket(), [this](AgentSide& side) {
                        const std::optional<LoginFromModule> begin = side.Read();
                        if (!begin) return;
                        heard.push_back(*begin);
                        side.Send(Grant(begin->begin.phase));
                      }};
};

// Asks once, keeps what comes, and grants in any case.
struct AskingAgent {
  explicit AskingAgent(LoginStyle how = kLoginAskHidden) : style(how) {}
  // What came in answer; without a type if nothing did.
  LoginFromModule Answer() {
    std::future<LoginFromModule> heard = answer.get_future();
    return heard.wait_for(std::chrono::seconds(5)) == std::future_status::ready ? heard.get() : LoginFromModule{};
  }
  LoginStyle style;
  std::promise<LoginFromModule> answer;
  ScriptedAgent agent{AgentSocket(), [this](AgentSide& side) {
                        side.Read();
                        side.Send(Prompt(style, "PIN: "));
                        answer.set_value(side.Read().value_or(LoginFromModule{}));
                        side.Send(Grant(kLoginAuthenticate));
                      }};
};

TEST(Authenticate, CarriesTheAnswerAndKeepsTheTicket) {
  for (const LoginStyle style : {kLoginAskHidden, kLoginAskShown}) {
    AskingAgent asking(style);
    Login login(service::kOrdinary, "yamada", {"ひみつ 1"});
    EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
    const LoginFromModule answer = asking.Answer();
    EXPECT_EQ(answer.type, kLoginAnswer);
    EXPECT_STREQ(answer.answer.text, "ひみつ 1");
    EXPECT_EQ(login.Ticket(), kTicket);
    const int shown_as = style == kLoginAskHidden ? PAM_PROMPT_ECHO_OFF : PAM_PROMPT_ECHO_ON;
    EXPECT_THAT(login.shown(), ElementsAre(Shown{shown_as, "PIN: "}));
  }
}

TEST(Begin, SaysWhoLogsInAndWhere) {
  GrantingAgent granting;
  ::setenv("LC_ALL", "ja_JP.UTF-8", 1);
  Login login(service::kOrdinary, "山田");
  ::pam_set_item(login.handle(), PAM_TTY, "/dev/tty2");
  ::pam_set_item(login.handle(), PAM_RHOST, "192.0.2.7");
  ::pam_set_item(login.handle(), PAM_RUSER, "tanaka");
  EXPECT_EQ(login.Authenticate(PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK), PAM_SUCCESS);
  ASSERT_EQ(granting.heard.size(), 1U);
  const LoginBegin& begin = granting.heard[0].begin;
  EXPECT_EQ(begin.phase, kLoginAuthenticate);
  EXPECT_EQ(begin.flags, static_cast<uint32_t>(kLoginSilent | kLoginDisallowNull));
  EXPECT_STREQ(begin.service, service::kOrdinary);
  EXPECT_STREQ(begin.user, "山田");
  EXPECT_STREQ(begin.tty, "/dev/tty2");
  EXPECT_STREQ(begin.rhost, "192.0.2.7");
  EXPECT_STREQ(begin.ruser, "tanaka");
  EXPECT_STREQ(begin.language, "ja_JP.UTF-8");
  EXPECT_STREQ(begin.ticket, "");
  ::setenv("LC_ALL", std::string(33, 'x').c_str(), 1);
  ::setenv("LANG", "C", 1);
  EXPECT_EQ(Login(service::kOrdinary).Authenticate(), PAM_SUCCESS);
  EXPECT_STREQ(granting.heard[1].begin.language, "C") << "what is too long is left out";
  ::unsetenv("LC_ALL");
}

TEST(Ticket, GoesFromAuthenticationToTheSessionAndNoFurther) {
  GrantingAgent granting;
  Login login(service::kOrdinary);
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  EXPECT_EQ(login.Account(), PAM_SUCCESS);
  EXPECT_EQ(login.SetCredentials(), PAM_SUCCESS);
  EXPECT_EQ(login.Ticket(), kTicket);
  EXPECT_EQ(login.OpenSession(), PAM_SUCCESS);
  EXPECT_EQ(login.Ticket(), std::nullopt);
  EXPECT_EQ(login.SetCredentials(), PAM_SUCCESS) << "sshd asks once more in the session";
  EXPECT_EQ(login.CloseSession(), PAM_SUCCESS);
  ASSERT_EQ(granting.heard.size(), 4U);
  EXPECT_STREQ(granting.heard[1].begin.ticket, kTicket);
  EXPECT_STREQ(granting.heard[2].begin.ticket, kTicket);
  EXPECT_STREQ(granting.heard[3].begin.ticket, "");
}

TEST(Ticket, IsGoneAfterASessionThatWasRefused) {
  Login login(service::kOrdinary);
  {
    GrantingAgent granting;
    ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
  }
  EXPECT_EQ(login.OpenSession(), PAM_SESSION_ERR);
  EXPECT_EQ(login.Ticket(), std::nullopt);
}

TEST(Ticket, OfAnotherMakingIsNotPassedOn) {
  GrantingAgent granting;
  for (const std::string& ticket : {std::string(65, 'x'), std::string("a b"), std::string("\xff")}) {
    Login login(service::kOrdinary);
    ::pam_putenv(login.handle(), ("SEKIMORI_TICKET=" + ticket).c_str());
    EXPECT_EQ(login.Account(), PAM_PERM_DENIED);
    EXPECT_EQ(login.OpenSession(), PAM_SESSION_ERR);
  }
  EXPECT_THAT(granting.heard, IsEmpty());
}

TEST(Authenticate, ForgetsWhatAnEarlierAttemptWon) {
  Login login(service::kOrdinary);
  {
    GrantingAgent granting;
    ASSERT_EQ(login.Authenticate(), PAM_SUCCESS);
  }
  EXPECT_EQ(login.Authenticate(), PAM_AUTHINFO_UNAVAIL);
  EXPECT_EQ(login.Ticket(), std::nullopt);
  EXPECT_NE(login.SetCredentials(), PAM_SUCCESS);
}

TEST(SetCredentials, NeedsSomethingThatWasGrantedInTheHandle) {
  EXPECT_EQ(Login(service::kOrdinary).SetCredentials(), PAM_CRED_ERR);
  GrantingAgent granting;
  // Cron, and sshd with a public key: no authentication before.
  Login login(service::kOrdinary);
  EXPECT_EQ(login.Account(), PAM_SUCCESS);
  EXPECT_EQ(login.SetCredentials(), PAM_SUCCESS);
  // sshd with a password: only the environment comes back from the process that authenticated.
  Login other(service::kOrdinary);
  ::pam_putenv(other.handle(), "SEKIMORI_TICKET=x");
  EXPECT_EQ(other.SetCredentials(), PAM_SUCCESS);
}

struct Outcome {
  LoginResult result;
  int authenticate, account;
  Saying saying;
};

constexpr Outcome kOutcomes[] = {
    {kLoginDenied, PAM_AUTH_ERR, PAM_PERM_DENIED, kSayDenied},
    {kLoginTooManyTries, PAM_MAXTRIES, PAM_PERM_DENIED, kSayTooManyTries},
    {kLoginNotNow, PAM_AUTH_ERR, PAM_ACCT_EXPIRED, kSayNotNow},
    {kLoginUnavailable, PAM_AUTHINFO_UNAVAIL, PAM_PERM_DENIED, kSayUnavailable},
};

TEST(Refusal, HasTheCodeOfItsPhaseAndWordsInBothLanguages) {
  for (const Outcome& outcome : kOutcomes) {
    ScriptedAgent agent(AgentSocket(), [&](AgentSide& side) {
      side.Read();
      side.Send(Verdict(outcome.result));
    });
    const int codes[] = {outcome.authenticate, outcome.account, PAM_SESSION_ERR, PAM_SESSION_ERR};
    for (std::size_t i = 0; i < 4; ++i) {
      Login login(service::kOrdinary);
      EXPECT_EQ(login.Enter(kPhases[i]), codes[i]) << "result " << outcome.result;
      const Words& words = *WordsFor(outcome.saying);
      EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_ERROR_MSG, words.ja}, Shown{PAM_ERROR_MSG, words.en}));
    }
  }
}

TEST(Refusal, IsToldInTheAgentsOwnWordsWhereItHasSome) {
  ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
    side.Read();
    side.Send(Verdict(kLoginDenied, "カードが違います"));
  });
  for (const LoginPhase phase : kPhases) {
    Login login(service::kOrdinary);
    EXPECT_NE(login.Enter(phase), PAM_SUCCESS);
    EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_ERROR_MSG, "カードが違います"}));
  }
}

TEST(Refusal, IsToldWhenTheAgentIsNotThere) {
  const Words& words = *WordsFor(kSayUnavailable);
  for (const LoginPhase phase : kPhases) {
    Login login(service::kOrdinary);
    EXPECT_NE(login.Enter(phase), PAM_SUCCESS);
    EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_ERROR_MSG, words.ja}, Shown{PAM_ERROR_MSG, words.en}));
  }
}

TEST(Silence, IsKeptButForQuestions) {
  for (const LoginPhase phase : kPhases) {
    Login login(service::kOrdinary);
    EXPECT_NE(login.Enter(phase, PAM_SILENT), PAM_SUCCESS);
    EXPECT_NE(login.ChangePassword(PAM_SILENT), PAM_SUCCESS);
    EXPECT_THAT(login.shown(), IsEmpty());
  }
  ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
    side.Read();
    side.Send(Prompt(kLoginInformation, "touch") + Prompt(kLoginError, "again") + Prompt(kLoginAskShown, "code: "));
    side.Read();
    side.Send(Verdict(kLoginGranted, "welcome", kTicket));
  });
  Login login(service::kOrdinary, "yamada", {"1"});
  EXPECT_EQ(login.Authenticate(PAM_SILENT), PAM_SUCCESS);
  EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_PROMPT_ECHO_ON, "code: "}));
}

TEST(Information, IsShownInEveryPhaseAndNoScreenIsNoReasonToRefuse) {
  ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
    const std::optional<LoginFromModule> begin = side.Read();
    side.Send(Prompt(kLoginInformation, "last login: monday") + Prompt(kLoginError, "3 failures since"));
    if (begin) side.Send(Grant(begin->begin.phase));
  });
  for (const LoginPhase phase : kPhases) {
    Login login(service::kOrdinary);
    login.at_message = [] { return PAM_CONV_ERR; };
    EXPECT_EQ(login.Enter(phase), PAM_SUCCESS);
    EXPECT_THAT(login.shown(),
                ElementsAre(Shown{PAM_TEXT_INFO, "last login: monday"}, Shown{PAM_ERROR_MSG, "3 failures since"}));
  }
}

TEST(ChangePassword, IsRefusedWithWords) {
  Login login(service::kOrdinary);
  EXPECT_EQ(login.ChangePassword(), PAM_AUTHTOK_ERR);
  EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_ERROR_MSG, WordsFor(kSayPasswordElsewhere)->ja},
                                         Shown{PAM_ERROR_MSG, WordsFor(kSayPasswordElsewhere)->en}));
}

// The agent grants whatever comes after its question; it must have heard CANCEL, and nothing else.
TEST(Question, WithoutAnAnswerIsCancelledAndRefused) {
  const std::deque<std::optional<std::string>> no_answers[] = {
      {}, {std::nullopt}, {std::string(kLoginAnswerMax + 1, 'x')}, {"\xff"}, {"\xc0\x80"}};
  for (const auto& answers : no_answers) {
    AskingAgent asking;
    Login login(service::kOrdinary, "yamada", answers);
    EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
    EXPECT_EQ(asking.Answer().type, kLoginCancel);
    EXPECT_EQ(login.Ticket(), std::nullopt);
  }
}

TEST(Question, ThatCannotBeAskedIsCancelledAndRefused) {
  for (const int failure : {PAM_CONV_ERR, PAM_BUF_ERR, PAM_CONV_AGAIN, PAM_IGNORE, PAM_ABORT}) {
    AskingAgent asking;
    Login login(service::kOrdinary, "yamada", {"an answer all the same"});
    login.at_message = [failure] { return failure; };
    EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
    EXPECT_EQ(asking.Answer().type, kLoginCancel);
  }
}

TEST(Question, WithoutAConversationIsCancelledAndRefused) {
  AskingAgent asking;
  Login login(service::kOrdinary);
  const pam_conv none{nullptr, nullptr};
  ASSERT_EQ(::pam_set_item(login.handle(), PAM_CONV, &none), PAM_SUCCESS);
  EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
  EXPECT_EQ(asking.Answer().type, kLoginCancel);
}

TEST(UserName, ThatCannotBeToldIsRefusedBeforeTheAgentIsAsked) {
  GrantingAgent granting;
  for (const std::string& user :
       {std::string(), std::string(257, 'u'), std::string("\xff"), std::string("a\xe3\x81")}) {
    for (const LoginPhase phase : kPhases) {
      Login login(service::kOrdinary, user.c_str());
      EXPECT_NE(login.Enter(phase), PAM_SUCCESS) << user;
      EXPECT_THAT(login.shown(), ElementsAre(Shown{PAM_ERROR_MSG, WordsFor(kSayUnreadable)->ja},
                                             Shown{PAM_ERROR_MSG, WordsFor(kSayUnreadable)->en}));
    }
  }
  for (const int item : {PAM_TTY, PAM_RHOST, PAM_RUSER}) {
    for (const LoginPhase phase : kPhases) {
      Login login(service::kOrdinary);
      ASSERT_EQ(::pam_set_item(login.handle(), item, std::string(300, 'x').c_str()), PAM_SUCCESS);
      EXPECT_NE(login.Enter(phase), PAM_SUCCESS) << "item " << item;
    }
  }
  EXPECT_THAT(granting.heard, IsEmpty());
}

TEST(UserName, IsAskedForWhenNobodyHasYet) {
  GrantingAgent granting;
  Login login(service::kOrdinary, nullptr, {"suzuki"});
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  ASSERT_EQ(granting.heard.size(), 1U);
  EXPECT_STREQ(granting.heard[0].begin.user, "suzuki");
  Login other(service::kOrdinary, nullptr, {"suzuki"});
  EXPECT_EQ(other.Account(), PAM_PERM_DENIED) << "only authentication asks";
  EXPECT_EQ(granting.heard.size(), 1U);
}

void Ignore(int) {}

TEST(Signals, NeitherEndTheWaitNorExtendIt) {
  struct sigaction interrupting {};
  interrupting.sa_handler = Ignore;
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGALRM, &interrupting, &before), 0);
  const itimerval often{{0, 5'000}, {0, 5'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  {
    ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
      side.Read();
      if (!side.HungUpWithin(std::chrono::milliseconds(100))) side.Send(Grant(kLoginAuthenticate));
    });
    EXPECT_EQ(Login(service::kOrdinary).Authenticate(), PAM_SUCCESS);
  }
  {
    ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
      side.Read();
      if (!side.HungUpWithin(std::chrono::milliseconds(4'000))) side.Send(Grant(kLoginAuthenticate));
    });
    EXPECT_EQ(Login(service::kHasty).Authenticate(), PAM_AUTHINFO_UNAVAIL);
  }
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
}  // namespace sekimori::tests
