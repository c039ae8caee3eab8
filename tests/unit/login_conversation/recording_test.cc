// What goes into the log about a login, down to its bytes.
#include "agent/login/recording.h"

#include <string>

#include <gtest/gtest.h>

#include "agent/audit_log/encode.h"
#include "proto/event.pb.h"
#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

std::string Stored(model::EventBody body) {
  audit_log::EventEncoder encoder;
  std::string payload;
  EXPECT_TRUE(encoder.Encode({{}, {}, std::move(body)}, "boot", payload));
  return payload;
}

TEST(Recording, TakesEverythingOfAReceiptButWhatWasTyped) {
  model::Receipt receipt;
  receipt.request = Sato();
  receipt.request.typed_name = "SATO";
  receipt.request.remote_host = "192.0.2.7";
  receipt.request.remote_user = "suzuki";
  receipt.result = LoginResult::kGranted;
  receipt.reason = LoginReason::kGrace;
  receipt.classes = {kKnow};
  receipt.proofs = {{{kSato, "password"}, Method::kPassword, std::nullopt, model::Refusal::kWrong}};
  receipt.rule = "everybody";
  receipt.policy_name = "窓口";
  receipt.policy_version = 7;
  receipt.grace_until = model::WallTime(std::chrono::hours{1});
  receipt.detail = "why";
  const model::LoginJudged event = EventOf(receipt);
  EXPECT_EQ(event.place, (model::LoginPlace{model::Account{kSato, "sato"}, "login", "tty1", "192.0.2.7", "suzuki"}));
  EXPECT_EQ(event.result, receipt.result);
  EXPECT_EQ(event.reason, receipt.reason);
  EXPECT_EQ(event.classes, receipt.classes);
  EXPECT_EQ(event.proofs, receipt.proofs);
  EXPECT_EQ(event.rule, "everybody");
  EXPECT_EQ(event.policy_name, "窓口");
  EXPECT_EQ(event.policy_version, 7U);
  EXPECT_EQ(event.grace_until, receipt.grace_until);
  EXPECT_EQ(event.detail, "why");
}

// A password in the wrong place must not stand in the log, however the login ends.
TEST(Recording, NeverHasTheNameThatNobodyHas) {
  const std::string typed = "Himitsu-no-kotoba";
  const std::vector<LoginRequest> requests = {RequestOf(typed, std::nullopt),
                                              RequestOf(typed, model::LoginUser{model::kNobody, typed, {typed}})};
  for (const model::Mode mode : {model::Mode::kEnforce, model::Mode::kObserve}) {
    for (const LoginRequest& request : requests) {
      OfficeTerminal terminal;
      terminal.policy.mode = mode;
      Ended ended = terminal.Run(request);
      const Ended wrong = terminal.Run(request, {.answers = {{AskKey(Method::kPassword), typed}}});
      const Ended given_up = terminal.Run(request, {.before = [](int step) { return step == 2; }});
      terminal.store.FailAll(true);
      const Ended failed = terminal.Run(request);
      for (const Ended* each : {&wrong, &given_up, &failed})
        ended.receipts.insert(ended.receipts.end(), each->receipts.begin(), each->receipts.end());
      ASSERT_EQ(ended.receipts.size(), 4U);
      for (model::Receipt& receipt : ended.receipts) {
        receipt.request.typed_name = typed;  // also if the conversation had kept it
        EXPECT_EQ(Stored(EventOf(receipt)).find(typed), std::string::npos);
      }
      for (const model::SessionPhase phase : {model::SessionPhase::kAccount, model::SessionPhase::kOpen}) {
        const SessionAnswer answer = JudgeSession(terminal.tickets, terminal.policy, request, "");
        EXPECT_EQ(Stored(EventOf(request, phase, terminal.policy, answer)).find(typed), std::string::npos);
        EXPECT_EQ(Stored(Undecided(request, phase, terminal.policy, Status::Ok())).find(typed), std::string::npos);
      }
      EXPECT_EQ(Stored(Closed(request, terminal.policy)).find(typed), std::string::npos);
    }
  }
}

TEST(Recording, KeepsNoCredentialsIdButItsHash) {
  Terminal terminal;
  terminal.Enrol(Method::kTotp, "sato-no-denwa");
  const Ended ended = terminal.Run(Sato());
  const std::string stored = Stored(EventOf(ended.receipts.back()));
  EXPECT_EQ(stored.find("sato-no-denwa"), std::string::npos);
  proto::Event event;
  ASSERT_TRUE(event.ParseFromString(stored));
  EXPECT_EQ(event.login_judged().proofs(1).credential_sha256().size(), 32U);
}

TEST(Recording, TellsWhatASessionRestsOn) {
  OfficeTerminal terminal;
  terminal.policy.name = "窓口";
  terminal.policy.version = 7;
  terminal.policy.sessions = {{"cron", policy::WithoutTicket::kReport, {.services = {"cron"}}}};
  const std::string ticket = terminal.Run(Sato()).verdict.ticket;
  const auto judge = [&](const LoginRequest& request, const std::string& shown) {
    return EventOf(request, model::SessionPhase::kOpen, terminal.policy,
                   JudgeSession(terminal.tickets, terminal.policy, request, shown));
  };
  const model::SessionJudged opened = judge(Sato(), ticket);
  EXPECT_TRUE(opened.allowed);
  EXPECT_EQ(opened.ground, SessionGround::kTicket);
  EXPECT_EQ(opened.classes, (model::FactorClasses{kKnow, kHave}));
  EXPECT_EQ(opened.policy_name, "窓口");
  EXPECT_EQ(opened.policy_version, 7U);
  const model::SessionJudged again = judge(Sato(), ticket);
  EXPECT_FALSE(again.allowed);
  EXPECT_EQ(again.ground, SessionGround::kBadTicket);
  EXPECT_NE(again.detail, "");
  LoginRequest cron = Sato();
  cron.service = "cron";
  EXPECT_EQ(judge(cron, "").rule, "cron");
  const model::SessionJudged undecided =
      Undecided(Sato(), model::SessionPhase::kAccount, terminal.policy, Error{ErrorCode::kIo, "name service", "gone"});
  EXPECT_FALSE(undecided.allowed);
  EXPECT_EQ(undecided.phase, model::SessionPhase::kAccount);
  EXPECT_EQ(undecided.ground, SessionGround::kUndecided);
  EXPECT_NE(undecided.detail.find("name service"), std::string::npos);
  const model::SessionJudged closed = Closed(Sato(), terminal.policy);
  EXPECT_EQ(closed.phase, model::SessionPhase::kClose);
  EXPECT_EQ(closed.ground, SessionGround::kClosed);
}

}  // namespace
}  // namespace sekimori::login::tests
