// The authenticate phase at the door: order, refusals, and a module that does not keep to the rules.
#include "agent/door/door.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/door/entrance.h"

namespace sekimori::door::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Door, GrantsTwoClassesAndGivesATicket) {
  Entrance entrance;
  const ::LoginVerdict verdict = entrance.Authenticate();
  EXPECT_EQ(verdict.result, kLoginGranted);
  EXPECT_THAT(std::string(verdict.ticket), SizeIs(64));
  EXPECT_STREQ(verdict.message, "This is the first login with this account.");
  ASSERT_THAT(entrance.journal.logins(), SizeIs(1));
  const model::LoginJudged judged = entrance.journal.logins()[0];
  EXPECT_EQ(judged.result, model::LoginResult::kGranted);
  EXPECT_EQ(judged.reason, model::LoginReason::kProven);
  EXPECT_THAT(judged.proofs, SizeIs(2));
  EXPECT_EQ(judged.classes, (model::FactorClasses{model::FactorClass::kKnowledge, model::FactorClass::kPossession}));
  EXPECT_EQ(judged.policy_name, "jumin");
  EXPECT_EQ(judged.policy_version, 7U);
  EXPECT_EQ(judged.place, (model::LoginPlace{model::Account{kYamada, "yamada"}, "login", "tty1", "192.0.2.7", "taro"}));
}

TEST(Door, RecordsBeforeItGrantsAndRefusesBeforeItRecords) {
  for (const char* const answer : {"right", "wrong"}) {
    Entrance entrance;
    std::vector<std::string> order;
    entrance.journal.KeepOrder(&order);
    fakes::FakeLoginLine line;
    line.KeepOrder(&order);
    line.Begin(BeginOf(kLoginAuthenticate));
    line.Answer("right");
    line.Answer(answer);
    entrance.door.Serve(line, kRoot);
    const bool right = std::string(answer) == "right";
    EXPECT_THAT(order, ElementsAre("prompt", "prompt", right ? "record" : "verdict", right ? "verdict" : "record"));
    EXPECT_TRUE(line.ended());
  }
}

TEST(Door, GrantsNothingThatCouldNotBeRecorded) {
  Entrance entrance;
  entrance.journal.Fail(Error{ErrorCode::kFull, "log", "full"});
  const ::LoginVerdict verdict = entrance.Authenticate();
  EXPECT_EQ(verdict.result, kLoginUnavailable);
  EXPECT_EQ(entrance.tickets.open(), 0U);
}

TEST(Door, LetsNobodyButRootAskAboutOthers) {
  Entrance entrance;
  fakes::FakeLoginLine line;
  line.Begin(BeginOf(kLoginAuthenticate));
  line.Answer("right");
  line.Answer("right");
  entrance.door.Serve(line, kOther);
  EXPECT_THAT(line.prompts(), IsEmpty());
  EXPECT_EQ(line.verdict().value().result, kLoginDenied);
  EXPECT_EQ(entrance.password.checks() + entrance.totp.checks(), 0);
  ASSERT_THAT(entrance.journal.logins(), SizeIs(1));
  EXPECT_EQ(entrance.journal.logins()[0].result, model::LoginResult::kDenied);
  EXPECT_THAT(entrance.journal.logins()[0].detail, HasSubstr("uid 1001"));
  // About itself it may.
  entrance.store.Enrol(kSuzuki, {.id = "app", .method = model::Method::kTotp});
  EXPECT_EQ(entrance.Authenticate({"right", "right"}, kOther, "suzuki").result, kLoginGranted);
}

TEST(Door, TellsNobodyButRootWhoExists) {
  Entrance entrance;
  const ::LoginVerdict known = entrance.Authenticate({}, kOther, "yamada");
  const ::LoginVerdict unknown = entrance.Authenticate({}, kOther, "satoo");
  EXPECT_EQ(std::memcmp(&known, &unknown, sizeof known), 0);
  EXPECT_EQ(known.result, kLoginDenied);
}

TEST(Door, WritesNoNameThatNobodyHas) {
  Entrance entrance;
  EXPECT_EQ(entrance.Authenticate({}, kOther, "himitsu").result, kLoginDenied);
  EXPECT_EQ(entrance.Authenticate({"right", "right"}, kRoot, "himitsu").result, kLoginDenied);
  entrance.users.Fail(Error{ErrorCode::kTimeout, "name service", "no answer in time"});
  EXPECT_EQ(entrance.Authenticate({"right", "right"}, kRoot, "himitsu").result, kLoginUnavailable);
  ASSERT_THAT(entrance.journal.logins(), SizeIs(3));
  for (const model::LoginJudged& each : entrance.journal.logins())
    EXPECT_EQ(each.place.user, std::nullopt);
}

TEST(Door, LetsNobodyInByItsOwnPasswordService) {
  Entrance entrance;
  fakes::FakeLoginLine line;
  LoginBegin begin = BeginOf(kLoginAuthenticate);
  (void)LoginCopyText(begin.service, sizeof begin.service, kOwnService);
  line.Begin(begin);
  line.Answer("right");
  line.Answer("right");
  entrance.door.Serve(line, kRoot);
  EXPECT_EQ(line.verdict().value().result, kLoginDenied);
  EXPECT_EQ(entrance.password.checks(), 0);
}

struct Visitor {
  const char* name;
  void (*says)(fakes::FakeLoginLine& line);
  std::optional<model::LoginReason> recorded = {};  // if it got as far as a login
};
void PrintTo(const Visitor& visitor, std::ostream* out) {
  *out << visitor.name;
}

constexpr Visitor kRude[] = {
    {"leaves_at_once", [](auto& line) { line.Nothing(ErrorCode::kUnavailable); }},
    {"never_begins", [](auto& line) { line.Nothing(ErrorCode::kTimeout); }},
    {"sends_garbage", [](auto& line) { line.Bytes("\x01\x01garbage"); }},
    {"sends_an_empty_frame", [](auto& line) { line.Bytes(""); }},
    {"answers_first", [](auto& line) { line.Answer("right"); }},
    {"cancels_first", [](auto& line) { line.Cancel(); }},
    {"cancels",
     [](auto& line) {
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Answer("right");
       line.Cancel();
     },
     model::LoginReason::kCancelled},
    {"leaves_at_a_question", [](auto& line) { line.Begin(BeginOf(kLoginAuthenticate)); },
     model::LoginReason::kCancelled},
    {"begins_again",
     [](auto& line) {
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Answer("right");
       line.Answer("right");
     },
     model::LoginReason::kCancelled},
    {"answers_with_garbage",
     [](auto& line) {
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Bytes("\x01\x02\xff");
       line.Answer("right");
       line.Answer("right");
     },
     model::LoginReason::kCancelled},
    {"takes_no_question",
     [](auto& line) {
       line.StopTaking(2);
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Answer("right");
       line.Answer("right");
     },
     model::LoginReason::kCancelled},
    {"speaks_out_of_turn",
     [](auto& line) {
       line.Disturb(true);
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Answer("right");
       line.Answer("right");
     },
     model::LoginReason::kCancelled},
    {"never_answers",
     [](auto& line) {
       line.Begin(BeginOf(kLoginAuthenticate));
       line.Answer("right");
       line.Nothing(ErrorCode::kTimeout);
     },
     model::LoginReason::kTimeout},
};

class RudeModule : public testing::TestWithParam<Visitor> {};

TEST_P(RudeModule, IsGrantedNothing) {
  Entrance entrance;
  fakes::FakeLoginLine line;
  GetParam().says(line);
  entrance.door.Serve(line, kRoot);
  EXPECT_NE(line.verdict().value_or(::LoginVerdict{}).result, kLoginGranted);
  EXPECT_EQ(entrance.tickets.open(), 0U);
  ASSERT_THAT(entrance.journal.logins(), SizeIs(GetParam().recorded ? 1 : 0));
  for (const model::LoginJudged& each : entrance.journal.logins()) {
    EXPECT_EQ(each.result, model::LoginResult::kDenied);
    EXPECT_EQ(each.reason, GetParam().recorded);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, RudeModule, testing::ValuesIn(kRude), [](const auto& row) { return row.param.name; });

TEST(Door, WithdrawsTheTicketOfAVerdictThatNobodyTook) {
  Entrance entrance;
  fakes::FakeLoginLine line;
  line.StopTaking(3);  // two questions, then the verdict
  line.Begin(BeginOf(kLoginAuthenticate));
  line.Answer("right");
  line.Answer("right");
  entrance.door.Serve(line, kRoot);
  ASSERT_THAT(entrance.journal.logins(), SizeIs(1));
  EXPECT_EQ(entrance.journal.logins()[0].result, model::LoginResult::kGranted);
  EXPECT_EQ(entrance.tickets.open(), 0U);
}

TEST(Door, WaitsForAllAnswersTogetherNoLongerThanALoginMayTake) {
  Entrance entrance;
  entrance.password.WhileChecking([&] { entrance.clock.Advance(std::chrono::minutes(4)); });
  fakes::FakeLoginLine line;
  line.Begin(BeginOf(kLoginAuthenticate));
  line.Answer("right");
  line.Nothing(ErrorCode::kTimeout);
  entrance.door.Serve(line, kRoot);
  EXPECT_THAT(line.waits(), ElementsAre(Door::kIntroduction, std::chrono::minutes(5), std::chrono::minutes(1)));
  EXPECT_EQ(line.verdict().value().result, kLoginDenied);
  EXPECT_EQ(entrance.journal.logins().at(0).reason, model::LoginReason::kTimeout);
}

TEST(Door, SaysWhoAsksByTheNameThatBelongsToTheUid) {
  Entrance entrance;
  entrance.users.Add({kYamada, "yamada", {"madoguchi"}}, "YAMADA@city.example");
  EXPECT_EQ(entrance.Authenticate({"right", "right"}, kRoot, "YAMADA@city.example").result, kLoginGranted);
  EXPECT_EQ(entrance.journal.logins().at(0).place.user->name, "yamada");
}

}  // namespace
}  // namespace sekimori::door::tests
