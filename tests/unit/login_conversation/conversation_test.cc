// What is asked, in which order things happen, and what is answered.
#include "agent/login/conversation.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Message(const Ended& ended) {
  return ended.verdict.message.empty() ? "" : ended.verdict.message.front().key;
}

TEST(Conversation, GrantsPasswordAndCode) {
  OfficeTerminal terminal;
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword), AskKey(Method::kTotp)));
  ASSERT_EQ(ended.receipts.size(), 1U);
  EXPECT_EQ(ended.receipts[0].result, LoginResult::kGranted);
  EXPECT_EQ(ended.receipts[0].reason, LoginReason::kProven);
  EXPECT_EQ(ended.receipts[0].classes, (model::FactorClasses{kKnow, kHave}));
  EXPECT_EQ(ended.receipts[0].proofs.size(), 2U);
  EXPECT_EQ(ended.receipts[0].request, Sato());
  EXPECT_EQ(ended.verdict.ticket.size(), 64U);
}

TEST(Conversation, CountsBeforeItChecksAndRecordsBeforeItGrants) {
  OfficeTerminal terminal;
  ASSERT_TRUE(terminal.Run(Sato()).granted());
  EXPECT_THAT(terminal.journal, ElementsAre("count password", "check password", "clear password", "count phone",
                                            "check phone", "clear phone", "keep login", "record"));
}

TEST(Conversation, CarriesRuleAndPolicyInEveryReceipt) {
  OfficeTerminal terminal;
  terminal.policy.name = "窓口";
  terminal.policy.version = 7;
  policy::LoginRule rule;
  rule.id = "everybody";
  terminal.policy.rules = {rule};
  const Ended granted = terminal.Run(Sato());
  const Ended denied = terminal.Run(Sato(), {.answers = {{AskKey(Method::kPassword), "wrong"}}});
  for (const Ended& each : {granted, denied}) {
    EXPECT_EQ(each.receipts.back().rule, "everybody");
    EXPECT_EQ(each.receipts.back().policy_name, "窓口");
    EXPECT_EQ(each.receipts.back().policy_version, 7U);
  }
}

TEST(Conversation, AsksInTheSameWayWhicheverProofIsWrongAndWhoeverAsks) {
  struct Case {
    const char* name;
    LoginRequest request;
    Person person;
    LoginReason reason;
    bool enrolled = true;
  };
  const std::vector<Case> cases = {
      {"wrong password", Sato(), {.answers = {{AskKey(Method::kPassword), "wrong"}}}, LoginReason::kProofRefused},
      {"wrong code", Sato(), {.answers = {{AskKey(Method::kTotp), "wrong"}}}, LoginReason::kProofRefused},
      {"nobody", NobodyAtAll(), {}, LoginReason::kUnknownUser},
      {"the user id of nobody",
       RequestOf("x", model::LoginUser{model::kNobody, "x", {}}),
       {},
       LoginReason::kUnknownUser},
      {"never enrolled", Sato(), {}, LoginReason::kNotEnrolled, false},
  };
  for (const Case& each : cases) {
    Terminal terminal;
    if (each.enrolled) terminal.Enrol(Method::kTotp, "phone");
    const Ended ended = terminal.Run(each.request, each.person);
    EXPECT_EQ(ended.verdict.result, LoginResult::kDenied) << each.name;
    EXPECT_EQ(ended.verdict.ticket, "") << each.name;
    EXPECT_EQ(Message(ended), "login.denied") << each.name;
    EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword), AskKey(Method::kTotp))) << each.name;
    EXPECT_EQ(ended.reason(), each.reason) << each.name;
    EXPECT_EQ(terminal.tickets.open(), 0U) << each.name;
  }
}

// What reaches the disk between an answer and the next question takes longer than all the rest.
TEST(Conversation, WritesAsMuchWhicheverProofIsWrongAndWhoeverAsks) {
  const auto writes = [](const LoginRequest& request, const char* password, std::uint32_t tries) {
    OfficeTerminal terminal;
    terminal.store.SetTries({kSato, kPasswordCredential}, tries);
    Conversation conversation(terminal.desk(), terminal.policy, request);
    EXPECT_TRUE(std::holds_alternative<Say>(conversation.Start()));
    EXPECT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret(password))));
    return std::ranges::count_if(terminal.journal, [](const std::string& line) {
      return line.starts_with("count ") || line.starts_with("clear ");
    });
  };
  const auto right = writes(Sato(), "right", 0);
  EXPECT_EQ(right, 2);
  EXPECT_EQ(writes(Sato(), "wrong", 0), right);
  EXPECT_EQ(writes(Sato(), "right", 3), right);
  EXPECT_EQ(writes(NobodyAtAll(), "right", 0), right);
}

TEST(Conversation, ChecksNothingRealOnceItIsLost) {
  OfficeTerminal terminal;
  const Ended ended = terminal.Run(Sato(), {.answers = {{AskKey(Method::kPassword), "wrong"}}});
  EXPECT_EQ(terminal.password.checks(), 1);
  // The code stays good for the next attempt.
  EXPECT_EQ(terminal.totp.checks(), 0);
  EXPECT_EQ(terminal.totp.decoys(), 1);
  ASSERT_EQ(ended.receipts.back().proofs.size(), 2U);
  EXPECT_EQ(ended.receipts.back().proofs[0].refusal, model::Refusal::kWrong);
  EXPECT_EQ(ended.receipts.back().proofs[1].refusal, model::Refusal::kNotChecked);
}

TEST(Conversation, TakesNoDecoyForAProof) {
  for (const LoginRequest& request : {Sato(), NobodyAtAll()}) {
    Terminal terminal;
    terminal.password.DecoysHold(true);
    terminal.totp.DecoysHold(true);
    const Ended ended = terminal.Run(request);
    EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
    EXPECT_THAT(ended.receipts.back().classes, IsEmpty());
    EXPECT_EQ(terminal.password.checks() + terminal.totp.checks(), 0);
  }
}

TEST(Conversation, RecordsNoNameThatIsNobodys) {
  OfficeTerminal terminal;
  const Ended nobody = terminal.Run(RequestOf("my password", std::nullopt));
  EXPECT_EQ(nobody.receipts.back().request.typed_name, "");
  EXPECT_EQ(terminal.Run(Sato()).receipts.back().request.typed_name, "sato");
}

TEST(Conversation, TwoProofsOfOneClassAreOneFactor) {
  Terminal terminal;
  terminal.Enrol(Method::kTotp, "phone");
  terminal.Enrol(Method::kFido2, "key");
  terminal.order = {&terminal.totp, &terminal.fido2};
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
  EXPECT_EQ(ended.reason(), LoginReason::kNotEnrolled);
}

TEST(Conversation, AVerifierThatGivesLessThanHopedForDoesNotOpen) {
  Terminal terminal;
  terminal.Enrol(Method::kCard, "card");
  terminal.order = {&terminal.card};
  terminal.card.Give({kHave});
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
  EXPECT_EQ(ended.reason(), LoginReason::kTooFewClasses);
  EXPECT_EQ(ended.receipts.back().classes, (model::FactorClasses{kHave}));
}

TEST(Conversation, ACardWithItsPinIsEnoughAndAsksNoPassword) {
  Terminal terminal;
  terminal.Enrol(Method::kCard, "card");
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kCard)));
}

TEST(Conversation, ACardWithoutItsPinIsFollowedByThePassword) {
  Terminal terminal;
  terminal.Enrol(Method::kCard, "card");
  terminal.card.Give({kHave});
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kCard), AskKey(Method::kPassword)));
}

TEST(Conversation, LetsTheUserChooseAmongSeveral) {
  for (const auto& [choice, asked] : {std::pair{"1", Method::kTotp}, {"2", Method::kFido2}, {" ２ ", Method::kFido2}}) {
    OfficeTerminal terminal;
    terminal.store.Enrol(kSato, {.id = "key", .method = Method::kFido2, .label = "青い鍵"});
    const Ended ended = terminal.Run(Sato(), {.choice = choice});
    EXPECT_TRUE(ended.granted());
    EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword), "login.choose", AskKey(asked)));
    const std::vector<model::Words> choices = ended.prompts[1].choices;
    ASSERT_EQ(choices.size(), 2U);
    EXPECT_EQ(choices[1], (model::Words{"login.choice_fido2", {{"label", "青い鍵"}}}));
  }
}

TEST(Conversation, AsksAgainForAChoiceThatIsNoneButNotForEver) {
  for (const char* const choice : {"", "0", "3", "1x", "key", "9999999999999999999999"}) {
    OfficeTerminal terminal;
    terminal.Enrol(Method::kFido2, "key");
    const Ended ended = terminal.Run(Sato(), {.choice = choice});
    EXPECT_FALSE(ended.granted()) << choice;
    EXPECT_EQ(ended.prompts.size(), std::size_t{Conversation::kMostPrompts}) << choice;
    EXPECT_EQ(terminal.totp.checks() + terminal.fido2.checks(), 0) << choice;
  }
}

TEST(Conversation, TellsBeforeItWaitsForATouch) {
  Terminal terminal;
  terminal.Enrol(Method::kFido2, "key");
  terminal.fido2.TellFirst(true);
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_EQ(ended.prompts.back().style, model::PromptStyle::kTell);
  EXPECT_LT(std::ranges::find(terminal.journal, "count key"), std::ranges::find(terminal.journal, "check key"));
}

TEST(Conversation, DoesNotAskForWhatWasRevoked) {
  OfficeTerminal terminal;
  terminal.Enrol(Method::kFido2, "key");
  terminal.store.Revoke(kSato, "phone");
  EXPECT_THAT(terminal.Run(Sato()).keys(), ElementsAre(AskKey(Method::kPassword), AskKey(Method::kFido2)));
  terminal.store.Revoke(kSato, "key");
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
  EXPECT_EQ(ended.reason(), LoginReason::kNotEnrolled);
}

TEST(Conversation, ARuleDeniesWhatWouldBeProven) {
  OfficeTerminal terminal;
  policy::LoginRule rule;
  rule.id = "not-sato";
  rule.deny = true;
  rule.match.users = {"sato"};
  terminal.policy.rules = {rule};
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
  EXPECT_EQ(ended.reason(), LoginReason::kRule);
  EXPECT_EQ(terminal.password.checks() + terminal.totp.checks(), 0);
}

TEST(Conversation, UsesOnlyTheMethodsOfTheRule) {
  OfficeTerminal terminal;
  terminal.Enrol(Method::kCard, "card");
  policy::LoginRule rule;
  rule.id = "cards";
  rule.methods = {Method::kCard};
  terminal.policy.rules = {rule};
  EXPECT_THAT(terminal.Run(Sato()).keys(), ElementsAre(AskKey(Method::kCard)));
}

TEST(Conversation, WantsTheClassARuleNames) {
  OfficeTerminal terminal;
  terminal.Enrol(Method::kFingerprint, "finger");
  policy::LoginRule rule;
  rule.id = "finger";
  rule.required.named = {kAm};
  terminal.policy.rules = {rule};
  const Ended ended = terminal.Run(Sato(), {.choice = "1"});
  EXPECT_TRUE(ended.granted());
  EXPECT_TRUE(ended.receipts[0].classes.contains(kAm));
}

// --- grace ----------------------------------------------------------------------------------------------------------

struct GraceTerminal : Terminal {
  GraceTerminal() { policy.grace_until = clock.Now() + std::chrono::hours{1}; }
};

TEST(Grace, LetsTheUnenrolledInWithThePasswordAndSaysSo) {
  GraceTerminal terminal;
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword)));
  EXPECT_EQ(ended.reason(), LoginReason::kGrace);
  EXPECT_EQ(ended.receipts[0].grace_until, terminal.policy.grace_until);
  EXPECT_EQ(ended.verdict.message.back().key, "login.grace_until");
}

TEST(Grace, StillWantsTheRightPasswordOfAUserThereIs) {
  GraceTerminal terminal;
  for (const LoginRequest& request : {Sato(), NobodyAtAll()}) {
    const Ended ended = terminal.Run(request, {.answers = {{AskKey(Method::kPassword), "wrong"}}});
    EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
    EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword)));
  }
  EXPECT_FALSE(terminal.Run(NobodyAtAll()).granted());
}

TEST(Grace, IsNotForWhoWasEverEnrolled) {
  GraceTerminal terminal;
  terminal.Enrol(Method::kTotp, "phone");
  terminal.store.Revoke(kSato, "phone");
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kNotEnrolled);
}

TEST(Grace, IsOverAtItsDateAlsoForAClockSetBack) {
  GraceTerminal late;
  late.clock.Advance(std::chrono::hours{1});
  EXPECT_EQ(late.Run(Sato()).reason(), LoginReason::kNotEnrolled);
  GraceTerminal back;
  back.floor.Set(*back.policy.grace_until);
  EXPECT_EQ(back.Run(Sato()).reason(), LoginReason::kNotEnrolled);
  GraceTerminal unknown;
  unknown.floor.Fail(Error{ErrorCode::kIo, "floor", "unreadable"});
  EXPECT_EQ(unknown.Run(Sato()).verdict.result, LoginResult::kUnavailable);
}

TEST(Grace, YieldsToARule) {
  GraceTerminal terminal;
  policy::LoginRule rule;
  rule.deny = true;
  terminal.policy.rules = {rule};
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kRule);
}

TEST(Grace, AsksForThePasswordAlsoWhereARuleWantsOtherMethods) {
  GraceTerminal terminal;
  policy::LoginRule rule;
  rule.methods = {Method::kFido2};
  terminal.policy.rules = {rule};
  EXPECT_TRUE(terminal.Run(Sato()).granted());
}

// --- observing ------------------------------------------------------------------------------------------------------

struct ObservingTerminal : Terminal {
  ObservingTerminal() { policy.mode = model::Mode::kObserve; }
};

TEST(Observing, LetsTheUnenrolledInWithThePasswordAndSaysSo) {
  ObservingTerminal terminal;
  const Ended ended = terminal.Run(Sato());
  EXPECT_TRUE(ended.granted());
  EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword)));
  EXPECT_EQ(ended.reason(), LoginReason::kObserved);
  EXPECT_FALSE(ended.receipts[0].grace_until.has_value());
}

TEST(Observing, SaysGraceWhereEnforcingWouldLetInToo) {
  ObservingTerminal terminal;
  terminal.policy.grace_until = terminal.clock.Now() + std::chrono::hours{1};
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kGrace);
  terminal.clock.Advance(std::chrono::hours{1});
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kObserved);
}

TEST(Observing, StillWantsTheRightPasswordOfAUserThereIs) {
  ObservingTerminal terminal;
  for (const LoginRequest& request : {Sato(), NobodyAtAll()}) {
    const Ended ended = terminal.Run(request, {.answers = {{AskKey(Method::kPassword), "wrong"}}});
    EXPECT_EQ(ended.verdict.result, LoginResult::kDenied);
    EXPECT_THAT(ended.keys(), ElementsAre(AskKey(Method::kPassword)));
  }
  EXPECT_FALSE(terminal.Run(NobodyAtAll()).granted());
}

TEST(Observing, AsksWhoeverWasEverEnrolledForBoth) {
  ObservingTerminal terminal;
  terminal.Enrol(Method::kTotp, "phone");
  EXPECT_THAT(terminal.Run(Sato()).keys(), ElementsAre(AskKey(Method::kPassword), AskKey(Method::kTotp)));
  EXPECT_EQ(terminal.Run(Sato(), {.answers = {{AskKey(Method::kTotp), "wrong"}}}).verdict.result, LoginResult::kDenied);
  terminal.store.Revoke(kSato, "phone");
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kNotEnrolled);
}

TEST(Observing, YieldsToARule) {
  ObservingTerminal terminal;
  policy::LoginRule rule;
  rule.deny = true;
  terminal.policy.rules = {rule};
  EXPECT_EQ(terminal.Run(Sato()).reason(), LoginReason::kRule);
}

// --- what is shown --------------------------------------------------------------------------------------------------

TEST(Welcome, ShowsTheLastLoginAndWhatFailedSince) {
  OfficeTerminal terminal;
  EXPECT_EQ(Message(terminal.Run(Sato())), "login.first");
  const model::WallTime then = terminal.clock.Now();
  terminal.clock.Advance(std::chrono::hours{1});
  for (int attempt = 0; attempt < 2; ++attempt)
    EXPECT_FALSE(terminal.Run(Sato(), {.answers = {{AskKey(Method::kTotp), "wrong"}}}).granted());
  const Ended ended = terminal.Run(Sato());
  ASSERT_EQ(ended.verdict.message.size(), 2U);
  EXPECT_EQ(ended.verdict.message[0],
            (model::Words{"login.last", {{"time", then}, {"service", "login"}, {"tty", "tty1"}, {"host", ""}}}));
  EXPECT_EQ(ended.verdict.message[1], (model::Words{"login.failed_since", {{"count", std::uint64_t{2}}}}));
  EXPECT_EQ(terminal.Run(Sato()).verdict.message.size(), 1U);
}

TEST(Welcome, CountsNoFailureWhereNothingWasAnswered) {
  OfficeTerminal terminal;
  Conversation conversation(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  ASSERT_TRUE(std::holds_alternative<Finish>(conversation.Cancelled()));
  EXPECT_EQ(terminal.store.HistoryOf(kSato).failed_since, 0U);
  EXPECT_EQ(terminal.store.TriesOf({kSato, "password"}), 0U);
}

// --- tickets --------------------------------------------------------------------------------------------------------

TEST(Ticket, OfAGrantedLoginOpensOneSession) {
  OfficeTerminal terminal;
  const Ended ended = terminal.Run(Sato());
  const TicketHolder holder{kSato, "login", "tty1", {4711, 90000}};
  const Result<model::Receipt> used = terminal.tickets.Use(ended.verdict.ticket, holder);
  ASSERT_TRUE(used.ok());
  EXPECT_EQ(used.value(), ended.receipts[0]);
  EXPECT_FALSE(terminal.tickets.Use(ended.verdict.ticket, holder).ok());
}

TEST(Ticket, ThatNobodyWasGivenIsWithdrawn) {
  OfficeTerminal terminal;
  const auto until_recording = [&](Conversation& conversation) {
    Output next = conversation.Start();
    for (int answer = 0; answer < 2; ++answer)
      next = conversation.Answered(model::Secret("right"));
    return std::holds_alternative<Record>(next) && terminal.tickets.open() == 1;
  };
  {
    Conversation dropped(terminal.desk(), terminal.policy, Sato());
    ASSERT_TRUE(until_recording(dropped));
  }
  EXPECT_EQ(terminal.tickets.open(), 0U);
  Conversation given_up(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(until_recording(given_up));
  EXPECT_TRUE(std::holds_alternative<Finish>(given_up.Cancelled()));
  EXPECT_EQ(terminal.tickets.open(), 0U);
  Conversation undelivered(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(until_recording(undelivered));
  EXPECT_TRUE(std::holds_alternative<Finish>(undelivered.Recorded(Status::Ok())));
  EXPECT_EQ(terminal.tickets.open(), 1U);
  EXPECT_TRUE(std::holds_alternative<Finish>(undelivered.Cancelled()));
  EXPECT_EQ(terminal.tickets.open(), 0U);
}

TEST(Ticket, StaysWithWhoWasGivenIt) {
  OfficeTerminal terminal;
  ASSERT_TRUE(terminal.Run(Sato()).granted());
  EXPECT_EQ(terminal.tickets.open(), 1U);
}

}  // namespace
}  // namespace sekimori::login::tests
