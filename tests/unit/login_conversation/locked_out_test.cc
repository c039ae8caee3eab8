// What a login answers once a credential of it is locked, and to whom.
#include <gtest/gtest.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

TEST(LockedOut, AfterThreeWrongAnswersTheRightOneIsNotLookedAt) {
  OfficeTerminal terminal;
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_EQ(terminal.Run(Sato(), {.answers = {{AskKey(Method::kPassword), "wrong"}}}).reason(),
              LoginReason::kProofRefused);
  const Ended ended = terminal.Run(Sato());
  // Nothing was proven: the answer is the same as to everyone.
  EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
  EXPECT_EQ(ended.reason(), LoginReason::kLockedOut);
  EXPECT_EQ(ended.receipts.back().proofs[0].refusal, model::Refusal::kLockedOut);
  EXPECT_EQ(ended.receipts.back().proofs[1].refusal, model::Refusal::kNotChecked);
  EXPECT_EQ(terminal.password.checks(), 3);
  // Not started either: a card would be asked for its PIN. What is asked in its place costs the same.
  EXPECT_EQ(terminal.password.decoys(), 1);
}

TEST(LockedOut, ByAnotherLoginIsNotSaidToWhoProvedNothing) {
  OfficeTerminal terminal;
  Conversation conversation(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  terminal.store.SetTries({kSato, "password"}, 3);
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret("right"))));
  const Output output = conversation.Answered(model::Secret("right"));
  ASSERT_TRUE(std::holds_alternative<Finish>(output));
  EXPECT_EQ(std::get<Finish>(output).verdict.result, LoginResult::kDenied);
  EXPECT_EQ(std::get<Finish>(output).receipt->reason, LoginReason::kLockedOut);
  EXPECT_EQ(terminal.password.checks() + terminal.totp.checks(), 0);
}

TEST(LockedOut, IsSaidToWhoProvedTheOtherFactor) {
  OfficeTerminal terminal;
  terminal.store.SetTries({kSato, "phone"}, 3);
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kTooManyTries);
  EXPECT_EQ(ended.verdict.message.front().key, "login.too_many_tries");
  EXPECT_EQ(terminal.totp.checks(), 0);
  EXPECT_EQ(terminal.Run(Sato(), {.answers = {{AskKey(Method::kPassword), "wrong"}}}).verdict.result,
            LoginResult::kDenied);
}

TEST(LockedOut, ByAnotherLoginBetweenQuestionAndAnswer) {
  OfficeTerminal terminal;
  terminal.password.WhileChecking([&] { terminal.store.SetTries({kSato, "phone"}, 2); });
  Conversation conversation(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret("right"))));
  terminal.store.SetTries({kSato, "phone"}, 3);
  const Output output = conversation.Answered(model::Secret("right"));
  ASSERT_TRUE(std::holds_alternative<Finish>(output));
  EXPECT_EQ(std::get<Finish>(output).verdict.result, LoginResult::kTooManyTries);
  EXPECT_EQ(terminal.totp.checks(), 0);
}

TEST(LockedOut, EachCredentialHasACounterOfItsOwnAndSuccessClearsIt) {
  OfficeTerminal terminal;
  terminal.store.SetTries({kSato, "password"}, 2);
  const Ended wrong_code = terminal.Run(Sato(), {.answers = {{AskKey(Method::kTotp), "wrong"}}});
  EXPECT_FALSE(wrong_code.granted());
  EXPECT_EQ(terminal.store.TriesOf({kSato, "password"}), 0U);
  EXPECT_EQ(terminal.store.TriesOf({kSato, "phone"}), 1U);
  EXPECT_TRUE(terminal.Run(Sato()).granted());
  EXPECT_EQ(terminal.store.TriesOf({kSato, "phone"}), 0U);
}

LoginRequest AtTheConsole() {
  LoginRequest request = Sato();
  request.by_root = true;
  return request;
}
LoginRequest OverTheNetwork() {
  LoginRequest request = AtTheConsole();
  request.service = "sshd";
  request.tty = "ssh";
  request.remote_host = "192.0.2.7";
  return request;
}

// Or any stranger, and any user with su, could lock everybody out, root at the console too.
TEST(LockedOut, FromElsewhereIsNotLockedOutAtTheConsole) {
  LoginRequest of_su = Sato();
  of_su.service = "su";
  LoginRequest of_a_service = AtTheConsole();
  of_a_service.service = "imap";
  of_a_service.tty = "";
  for (const LoginRequest& elsewhere : {OverTheNetwork(), of_su, of_a_service}) {
    OfficeTerminal terminal;
    for (int attempt = 0; attempt < 3; ++attempt)
      EXPECT_FALSE(terminal.Run(elsewhere, {.answers = {{AskKey(Method::kPassword), "wrong"}}}).granted());
    EXPECT_EQ(terminal.Run(elsewhere).reason(), LoginReason::kLockedOut) << elsewhere.service;
    EXPECT_TRUE(terminal.Run(AtTheConsole()).granted()) << elsewhere.service;
    // Nor does a login at the console give strangers new tries.
    EXPECT_EQ(terminal.Run(elsewhere).reason(), LoginReason::kLockedOut) << elsewhere.service;
  }
}

TEST(LockedOut, AtTheConsoleIsByWhoeverSatThere) {
  OfficeTerminal terminal;
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_FALSE(terminal.Run(AtTheConsole(), {.answers = {{AskKey(Method::kTotp), "wrong"}}}).granted());
  EXPECT_EQ(terminal.Run(AtTheConsole()).reason(), LoginReason::kLockedOut);
  EXPECT_TRUE(terminal.Run(OverTheNetwork()).granted());
  EXPECT_EQ(terminal.Run(AtTheConsole()).reason(), LoginReason::kLockedOut);
}

}  // namespace
}  // namespace sekimori::login::tests
