#include "agent/login/session.h"

#include <gtest/gtest.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

struct SessionTerminal : OfficeTerminal {
  std::string Ticket() { return Run(Sato()).verdict.ticket; }
  void ReportAll() { policy.sessions = {{"all", policy::WithoutTicket::kReport, {}}}; }
};

TEST(Session, OpensOnceWithItsTicket) {
  SessionTerminal terminal;
  const std::string ticket = terminal.Ticket();
  for (int look = 0; look < 2; ++look) {
    const SessionAnswer account = JudgeAccount(terminal.tickets, terminal.policy, Sato(), ticket);
    EXPECT_TRUE(account.allowed);
    EXPECT_EQ(account.ground, SessionGround::kTicket);
  }
  const SessionAnswer session = JudgeSession(terminal.tickets, terminal.policy, Sato(), ticket);
  EXPECT_TRUE(session.allowed);
  ASSERT_TRUE(session.login.has_value());
  EXPECT_EQ(session.login->classes, (model::FactorClasses{kKnow, kHave}));
  const SessionAnswer again = JudgeSession(terminal.tickets, terminal.policy, Sato(), ticket);
  EXPECT_FALSE(again.allowed);
  EXPECT_EQ(again.ground, SessionGround::kBadTicket);
}

TEST(Session, WithoutATicketIsDeniedOrReportedByPolicy) {
  SessionTerminal terminal;
  for (const auto judge : {JudgeAccount, JudgeSession}) {
    terminal.policy.sessions = {{"cron", policy::WithoutTicket::kReport, {.services = {"cron"}}}};
    const SessionAnswer denied = judge(terminal.tickets, terminal.policy, Sato(), "");
    EXPECT_FALSE(denied.allowed);
    EXPECT_EQ(denied.ground, SessionGround::kNoTicket);
    EXPECT_EQ(denied.rule, "");
    LoginRequest cron = Sato();
    cron.service = "cron";
    const SessionAnswer reported = judge(terminal.tickets, terminal.policy, cron, "");
    EXPECT_TRUE(reported.allowed);
    EXPECT_EQ(reported.ground, SessionGround::kReported);
    EXPECT_FALSE(reported.login.has_value());
    EXPECT_EQ(reported.rule, "cron");
  }
}

TEST(Session, WithoutATicketIsLetInAndToldApartWhileThePolicyObserves) {
  SessionTerminal terminal;
  terminal.policy.mode = model::Mode::kObserve;
  terminal.policy.sessions = {{"no-sshd", policy::WithoutTicket::kDeny, {.services = {"sshd"}}}};
  for (const auto judge : {JudgeAccount, JudgeSession}) {
    LoginRequest request = Sato();
    for (const char* service : {"login", "sshd"}) {
      request.service = service;
      const SessionAnswer answer = judge(terminal.tickets, terminal.policy, request, "");
      EXPECT_TRUE(answer.allowed) << service;
      EXPECT_EQ(answer.ground, SessionGround::kObserved) << service;
    }
    const SessionAnswer bad = judge(terminal.tickets, terminal.policy, request, std::string(64, 'a'));
    EXPECT_FALSE(bad.allowed);
    EXPECT_EQ(bad.ground, SessionGround::kBadTicket);
  }
}

TEST(Session, WithABadTicketIsDeniedEvenWhereNoneIsNeeded) {
  SessionTerminal terminal;
  terminal.ReportAll();
  for (const auto judge : {JudgeAccount, JudgeSession}) {
    const SessionAnswer made_up = judge(terminal.tickets, terminal.policy, Sato(), std::string(64, 'a'));
    EXPECT_FALSE(made_up.allowed);
    EXPECT_EQ(made_up.ground, SessionGround::kBadTicket);
    const std::string ticket = terminal.Ticket();
    LoginRequest other = Sato();
    other.user = model::LoginUser{0, "root", {}};
    const SessionAnswer stolen = judge(terminal.tickets, terminal.policy, other, ticket);
    EXPECT_FALSE(stolen.allowed);
    ASSERT_TRUE(stolen.fault.has_value());
    EXPECT_EQ(stolen.fault->code, ErrorCode::kConflict);
    EXPECT_FALSE(judge(terminal.tickets, terminal.policy, NobodyAtAll(), terminal.Ticket()).allowed);
  }
}

}  // namespace
}  // namespace sekimori::login::tests
