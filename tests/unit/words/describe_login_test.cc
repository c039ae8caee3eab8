#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/words/describe.h"

namespace sekimori::words {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

proto::Event Login(proto::LoginResult result, proto::LoginReason reason) {
  proto::Event event;
  proto::LoginJudged& judged = *event.mutable_login_judged();
  judged.mutable_place()->mutable_user()->set_uid(1000);
  judged.mutable_place()->mutable_user()->set_name("sato");
  judged.mutable_place()->set_service("sshd");
  judged.mutable_place()->set_remote_address("192.0.2.7");
  judged.set_result(result);
  judged.set_reason(reason);
  judged.set_policy_name("office");
  judged.set_policy_version(3);
  proto::LoginProof& password = *judged.add_proofs();
  password.set_method(proto::METHOD_PASSWORD);
  password.set_held(true);
  password.add_classes(proto::FACTOR_KNOWLEDGE);
  return event;
}

proto::Event Session(bool allowed, proto::SessionGround ground, proto::SessionPhase phase = proto::SESSION_OPEN) {
  proto::Event event;
  proto::SessionJudged& judged = *event.mutable_session_judged();
  judged.mutable_place()->mutable_user()->set_name("sato");
  judged.mutable_place()->set_service("su");
  judged.mutable_place()->set_tty("pts/0");
  judged.mutable_place()->set_remote_user("suzuki");
  judged.set_phase(phase);
  judged.set_allowed(allowed);
  judged.set_ground(ground);
  judged.set_policy_name("office");
  return event;
}

proto::Event Authenticator(proto::AuthenticatorChange change) {
  proto::Event event;
  proto::AuthenticatorChanged& changed = *event.mutable_authenticator_changed();
  changed.set_change(change);
  changed.mutable_user()->set_name("sato");
  changed.mutable_by()->set_name("tanaka");
  changed.set_method(proto::METHOD_TOTP);
  changed.set_reason("機種変更");
  return event;
}

TEST(DescribeLogin, TellsAGrantWithPlaceProofsAndPolicy) {
  proto::Event event = Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_PROVEN);
  proto::LoginProof& code = *event.mutable_login_judged()->add_proofs();
  code.set_method(proto::METHOD_TOTP);
  code.set_held(true);
  code.add_classes(proto::FACTOR_POSSESSION);
  event.mutable_login_judged()->set_rule("counter");
  EXPECT_EQ(DescribeEvent(Language::kJapanese, event),
            "satoのログインを認めました（sshd、192.0.2.7から）。理由：求められた要素を確認。"
            "確認：パスワード（知識）、ワンタイムコード（所持）。ポリシー「office」第3版、規則「counter」。");
  EXPECT_EQ(
      DescribeEvent(Language::kEnglish, event),
      "sato was let in (sshd, from 192.0.2.7): the factors asked for were proven. "
      "Checked: password (knowledge), one-time code (possession). Policy \"office\" version 3, rule \"counter\".");
}

TEST(DescribeLogin, TellsARefusalWithWhatDidNotHold) {
  proto::Event event = Login(proto::LOGIN_DENIED, proto::LOGIN_REASON_PROOF_REFUSED);
  proto::LoginProof& code = *event.mutable_login_judged()->add_proofs();
  code.set_method(proto::METHOD_TOTP);
  code.set_refusal(proto::PROOF_REPLAYED);
  event.mutable_login_judged()->set_detail("tries 1");
  EXPECT_EQ(DescribeEvent(Language::kJapanese, event),
            "satoのログインを拒否しました（sshd、192.0.2.7から）。理由：確認できない要素がある。"
            "確認：パスワード（知識）、ワンタイムコード（使用済み）。ポリシー「office」第3版。詳細：tries 1");
  EXPECT_EQ(
      DescribeEvent(Language::kEnglish, event),
      "sato was not let in (sshd, from 192.0.2.7): a factor could not be confirmed. "
      "Checked: password (knowledge), one-time code (used before). Policy \"office\" version 3. Details: tries 1");
}

TEST(DescribeLogin, SaysThatNobodyHasTheName) {
  proto::Event event = Login(proto::LOGIN_DENIED, proto::LOGIN_REASON_UNKNOWN_USER);
  event.mutable_login_judged()->mutable_place()->clear_user();
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr("存在しない利用者のログインを拒否"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("a user that does not exist was not let in"));
  EXPECT_EQ(EventUsers(event), "");
}

TEST(DescribeLogin, TellsGraceWithItsEnd) {
  proto::Event event = Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_GRACE);
  event.mutable_login_judged()->set_grace_until_us(1'800'000'000'000'000);
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr("猶予期間、2027-01-1"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("until 2027-01-1"));
}

TEST(DescribeLogin, SaysThatObserveModeLetIn) {
  const proto::Event login = Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_OBSERVED);
  EXPECT_THAT(DescribeEvent(Language::kJapanese, login), HasSubstr("強制であれば拒否"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, login), HasSubstr("Enforcing would not have let sato in"));
  const proto::Event session = Session(true, proto::SESSION_OBSERVED);
  EXPECT_THAT(DescribeEvent(Language::kJapanese, session), HasSubstr("強制であれば拒否"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, session), HasSubstr("Enforcing would have refused a session of sato"));
}

TEST(DescribeLogin, TellsWhatBecameOfASession) {
  const auto english = [](const proto::Event& event) { return DescribeEvent(Language::kEnglish, event); };
  proto::Event opened = Session(true, proto::SESSION_TICKET);
  opened.mutable_session_judged()->add_classes(proto::FACTOR_KNOWLEDGE);
  opened.mutable_session_judged()->add_classes(proto::FACTOR_INHERENCE);
  EXPECT_EQ(english(opened),
            "Let in a session of sato (su, pts/0, called by suzuki). The login proved: knowledge, inherence. "
            "Policy \"office\".");
  EXPECT_EQ(DescribeEvent(Language::kJapanese, opened),
            "satoのセッションを認めました（su、pts/0、呼び出し suzuki）。ログインで確認した要素：知識、存在。"
            "ポリシー「office」。");
  EXPECT_THAT(english(Session(true, proto::SESSION_REPORTED)), HasSubstr("without a login, as a rule says"));
  EXPECT_THAT(english(Session(false, proto::SESSION_NO_TICKET)), HasSubstr("Refused a session of sato without"));
  EXPECT_THAT(english(Session(false, proto::SESSION_BAD_TICKET)), HasSubstr("the ticket it showed is not good"));
  EXPECT_THAT(english(Session(true, proto::SESSION_CLOSED, proto::SESSION_CLOSE)), HasSubstr("Ended: a session"));
  EXPECT_THAT(english(Session(false, proto::SESSION_NO_TICKET, proto::SESSION_ACCOUNT)),
              HasSubstr("Refused the use of the account of sato"));
  EXPECT_THAT(english(Session(false, proto::SESSION_UNDECIDED)), HasSubstr("could not be decided"));
  // What is contradictory is never told as an admission.
  EXPECT_THAT(english(Session(false, proto::SESSION_TICKET)), HasSubstr("Refused"));
}

TEST(DescribeLogin, TellsWhoChangedWhoseAuthenticatorAndWhy) {
  std::set<std::string> sentences;
  for (int change = 0; change <= proto::AuthenticatorChange_MAX; ++change) {
    const proto::Event event = Authenticator(static_cast<proto::AuthenticatorChange>(change));
    for (const Language language : {Language::kJapanese, Language::kEnglish}) {
      const std::string text = DescribeEvent(language, event);
      for (const char* part : {"sato", "tanaka", "機種変更"})
        EXPECT_THAT(text, HasSubstr(part));
      sentences.insert(text);
    }
    EXPECT_EQ(EventUsers(event), "sato, tanaka");
  }
  EXPECT_EQ(sentences.size(), 2U * proto::AuthenticatorChange_ARRAYSIZE);
  EXPECT_EQ(DescribeEvent(Language::kJapanese, Authenticator(proto::AUTHENTICATOR_UNLOCKED)),
            "tanakaが、satoのワンタイムコードのロックを解除しました。理由：機種変更");
}

TEST(DescribeLogin, HasWordsForEveryReasonRefusalAndMethodInBothLanguages) {
  for (const Language language : {Language::kJapanese, Language::kEnglish}) {
    std::set<std::string> sentences;
    std::size_t count = 0;
    const auto take = [&](const proto::Event& event) {
      const std::string text = DescribeEvent(language, event);
      EXPECT_THAT(text, Not(HasSubstr("_"))) << text;
      EXPECT_THAT(text, Not(HasSubstr("{"))) << text;
      sentences.insert(text);
      ++count;
    };
    for (int reason = 0; reason <= proto::LoginReason_MAX; ++reason)
      take(Login(proto::LOGIN_DENIED, static_cast<proto::LoginReason>(reason)));
    for (int refusal = 0; refusal <= proto::ProofRefusal_MAX; ++refusal) {
      proto::Event event = Login(proto::LOGIN_TOO_MANY_TRIES, proto::LOGIN_REASON_PROVEN);
      event.mutable_login_judged()->mutable_proofs(0)->set_held(false);
      event.mutable_login_judged()->mutable_proofs(0)->set_refusal(static_cast<proto::ProofRefusal>(refusal));
      take(event);
    }
    for (int method = 1; method <= proto::LoginMethod_MAX; ++method) {
      proto::Event event = Login(proto::LOGIN_UNAVAILABLE, proto::LOGIN_REASON_PROVEN);
      event.mutable_login_judged()->mutable_proofs(0)->set_method(static_cast<proto::LoginMethod>(method));
      take(event);
    }
    EXPECT_EQ(sentences.size(), count);
  }
}

TEST(DescribeLogin, TakesWordsOfALaterVersion) {
  proto::Event event = Login(proto::LOGIN_DENIED, static_cast<proto::LoginReason>(99));
  event.mutable_login_judged()->mutable_proofs(0)->set_method(static_cast<proto::LoginMethod>(-1));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("a reason this version does not know"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("a method this version does not know"));
}

TEST(EventOutcome, TellsWhatBecameOfALogin) {
  EXPECT_EQ(EventOutcome(Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_PROVEN)), "allowed");
  EXPECT_EQ(EventOutcome(Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_GRACE)), "allowed");
  EXPECT_EQ(EventOutcome(Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_OBSERVED)), "would_refuse");
  for (const proto::LoginResult result :
       {proto::LOGIN_RESULT_UNSPECIFIED, proto::LOGIN_DENIED, proto::LOGIN_TOO_MANY_TRIES, proto::LOGIN_NOT_NOW,
        proto::LOGIN_UNAVAILABLE, static_cast<proto::LoginResult>(99)})
    EXPECT_EQ(EventOutcome(Login(result, proto::LOGIN_REASON_PROVEN)), "refused") << result;
  proto::Event copied = Login(proto::LOGIN_DENIED, proto::LOGIN_REASON_PROOF_REFUSED);
  copied.mutable_login_judged()->mutable_proofs(0)->set_refusal(proto::PROOF_COUNTER);
  EXPECT_EQ(EventOutcome(copied), "alarm");
}

TEST(EventOutcome, TellsWhatBecameOfASession) {
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_TICKET)), "allowed");
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_REPORTED)), "allowed");
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_OBSERVED)), "would_refuse");
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_GROUND_UNSPECIFIED)), "would_refuse");
  EXPECT_EQ(EventOutcome(Session(false, proto::SESSION_NO_TICKET)), "refused");
  EXPECT_EQ(EventOutcome(Session(false, proto::SESSION_BAD_TICKET)), "refused");
  EXPECT_EQ(EventOutcome(Session(false, proto::SESSION_UNDECIDED)), "refused");
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_UNDECIDED)), "would_refuse");
  EXPECT_EQ(EventOutcome(Session(true, proto::SESSION_CLOSED)), "info");
  EXPECT_EQ(EventOutcome(Authenticator(proto::AUTHENTICATOR_ENROLLED)), "info");
}

TEST(EventUsers, NamesWhoLoggedIn) {
  EXPECT_EQ(EventUsers(Login(proto::LOGIN_GRANTED, proto::LOGIN_REASON_PROVEN)), "sato");
  EXPECT_EQ(EventUsers(Session(true, proto::SESSION_TICKET)), "sato");
}

}  // namespace
}  // namespace sekimori::words
