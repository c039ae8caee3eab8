// What root may change about how people log in, in which order it is recorded and done, and what is refused.
#include "agent/enrolment/registrar.h"

#include "agent/authenticators/totp.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_time_floor.h"
#include "tests/unit/enrolment/registry.h"

namespace sekimori::enrolment {
namespace {

using ports::AuthenticatorsChanged;
using ports::OrderRevocation;
using ports::OrderTotp;
using ports::OrderUnlocking;
using ports::TotpBegun;
using ports::TotpConfirmed;
using std::chrono::minutes;
using std::chrono::seconds;

const Error kDisk{ErrorCode::kIo, "logins.db", "the disk said no"};
const Error kFullLog{ErrorCode::kFull, "log.db", "no space"};

OrderTotp ForSato() {
  return {"sato", "", "Sekimori", "why", ""};
}

// --- enrolling ------------------------------------------------------------------------------------------------------

TEST(Enrolling, ShowsASeedThatCountsForNothingYet) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  EXPECT_EQ(begun.user, (model::Account{kSato, "sato"}));
  EXPECT_TRUE(begun.uri.bytes().starts_with("otpauth://totp/Sekimori%20mado-03:sato?secret="));
  EXPECT_EQ(begun.uri.bytes().find('&') - begun.uri.bytes().find("secret="), 7U + 32U) << "160 bits";
  EXPECT_EQ(begun.within, minutes{10});
  EXPECT_TRUE(registry.journal.empty());
}

TEST(Enrolling, ARightCodeIsRecordedAndThenKept) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  const auto confirmed = Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun)));
  EXPECT_EQ(confirmed.others, 0U);
  EXPECT_EQ(registry.journal, (std::vector<std::string>{"record enrolled " + confirmed.id, "enrol " + confirmed.id}));
  const model::AuthenticatorChanged& recorded = registry.recorded.at(0);
  EXPECT_EQ(recorded.user, (model::Account{kSato, "sato"}));
  EXPECT_EQ(recorded.method, model::Method::kTotp);
  EXPECT_EQ(recorded.by, (model::Account{0, "tanaka"}));
  EXPECT_EQ(recorded.reason, "new colleague");
  const ports::Enrolment& kept = registry.store.enrolments().at(0);
  EXPECT_EQ(kept.credential, (model::Credential{confirmed.id, model::Method::kTotp, "work phone", false}));
  EXPECT_TRUE(authenticators::ParseTotpSeed(kept.secret.bytes()).ok());
}

TEST(Enrolling, WithoutAPersonBehindItRootIsNamed) {
  Registry registry;
  const auto begun = Registry::As<TotpBegun>(registry.Ask(ForSato()));
  (void)Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun)));
  EXPECT_EQ(registry.recorded.at(0).by, (model::Account{0, "root"}));
}

TEST(Enrolling, TheStepOfTheConfirmingCodeIsUsedUp) {
  for (const int away : {-1, 0, 1}) {
    Registry registry;
    const TotpBegun begun = registry.Begin();
    (void)Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun, away)));
    EXPECT_EQ(registry.store.enrolments().at(0).counter, registry.Step() + static_cast<std::uint64_t>(away)) << away;
  }
}

// What a login makes of the code that somebody saw being typed.
std::optional<model::Refusal> RefusedAtLogin(const Registry& registry, const ports::Enrolment& enrolment,
                                             std::string_view code) {
  fakes::FakeLoginStore store;
  store.Enrol(kSato, enrolment.credential, enrolment.secret.bytes());
  if (enrolment.counter) (void)store.AdvanceCounter({kSato, enrolment.credential.id}, *enrolment.counter);
  const fakes::FakeTimeFloor floor;
  authenticators::Totp totp(store, registry.clock, floor);
  model::LoginRequest request;
  request.user = model::LoginUser{kSato, "sato", {}};
  const auto proof = totp.Start(request, enrolment.credential);
  (void)proof.value()->Begin();
  const auto step = proof.value()->Continue(model::Secret(code), model::BootTime::max());
  const auto* const refusal = step.ok() ? std::get_if<model::Refusal>(&step.value()) : nullptr;
  return refusal != nullptr ? std::optional(*refusal) : std::nullopt;
}

TEST(Enrolling, TheConfirmingCodeOpensNothingAndTheNextOneDoes) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  (void)Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun)));
  const ports::Enrolment& kept = registry.store.enrolments().at(0);
  EXPECT_EQ(RefusedAtLogin(registry, kept, registry.Code(begun)), model::Refusal::kReplayed);
  EXPECT_EQ(RefusedAtLogin(registry, kept, registry.Code(begun, 1)), std::nullopt);
}

TEST(Enrolling, ACodeFromFartherAwayIsWrong) {
  for (const int away : {-2, 2}) {
    Registry registry;
    const TotpBegun begun = registry.Begin();
    EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, registry.Code(begun, away))).left, 4U);
  }
}

TEST(Enrolling, FiveWrongCodesEndIt) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  for (const std::uint32_t left : {4U, 3U, 2U, 1U, 0U})
    EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, registry.WrongCode(begun))).left, left);
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kExpired);
  EXPECT_TRUE(registry.journal.empty());
}

TEST(Enrolling, WhatIsNoCodeIsWrongToo) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, "")).left, 4U);
  EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, registry.Code(begun) + "0")).left, 3U);
  EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, "abcdef")).left, 2U);
}

TEST(Enrolling, ItIsOverAfterTenMinutes) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  registry.clock.Advance(minutes{10} - seconds{1});
  EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(begun.pending, registry.WrongCode(begun))).left, 4U);
  registry.clock.Advance(seconds{1});
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kExpired);
  EXPECT_TRUE(registry.journal.empty());
}

TEST(Enrolling, AClockThatIsSetBackDoesNotLengthenIt) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  registry.clock.Advance(minutes{10});
  registry.clock.SetWall(registry.clock.Now() - minutes{10});
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kExpired);
}

TEST(Enrolling, SweepingLeavesNothingToBeSwept) {
  Registry registry;
  EXPECT_FALSE(registry.registrar.Due());
  (void)registry.Begin();
  EXPECT_EQ(registry.registrar.Due(), registry.clock.SinceBoot() + minutes{10});
  registry.clock.Advance(minutes{10});
  registry.registrar.Sweep();
  EXPECT_FALSE(registry.registrar.Due());
}

TEST(Enrolling, CanBeCancelled) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  (void)Registry::As<ports::Done>(registry.Ask(ports::OrderCancelling{begun.pending}));
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kExpired);
  (void)Registry::As<ports::Done>(registry.Ask(ports::OrderCancelling{begun.pending}));
}

TEST(Enrolling, CannotBeConfirmedTwice) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  (void)Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun)));
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun, 1))), ErrorCode::kExpired);
  EXPECT_EQ(registry.store.enrolments().size(), 1U);
}

TEST(Enrolling, EachHasItsOwnSeed) {
  Registry registry;
  const TotpBegun first = registry.Begin(), second = registry.Begin();
  EXPECT_NE(first.pending, second.pending);
  EXPECT_NE(first.uri.bytes(), second.uri.bytes());
  EXPECT_EQ(Registry::As<ports::WrongCode>(registry.Confirm(first.pending, registry.Code(second))).left, 4U);
}

TEST(Enrolling, SixteenMayWait) {
  Registry registry;
  for (int i = 0; i < 16; ++i)
    (void)registry.Begin();
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ForSato())), ErrorCode::kFull);
  registry.clock.Advance(minutes{10});
  (void)Registry::As<TotpBegun>(registry.Ask(ForSato()));
}

TEST(Enrolling, WhatIsNotRecordedIsNotKept) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  registry.log_fails = kFullLog;
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kFull);
  EXPECT_TRUE(registry.journal.empty());
  EXPECT_TRUE(registry.store.Of(kSato).empty());
}

TEST(Enrolling, WhatTheStoreRefusesIsTakenBackInTheLog) {
  Registry registry;
  const TotpBegun begun = registry.Begin();
  registry.store.Fail(kDisk);
  EXPECT_EQ(Registry::CodeOf(registry.Confirm(begun.pending, registry.Code(begun))), ErrorCode::kIo);
  EXPECT_TRUE(registry.store.Of(kSato).empty());
  ASSERT_EQ(registry.recorded.size(), 2U);
  EXPECT_EQ(registry.recorded[1].change, model::AuthenticatorChange::kRevoked);
  EXPECT_EQ(registry.recorded[1].credential, registry.recorded[0].credential);
  EXPECT_EQ(registry.recorded[1].reason, "not kept: logins.db: the disk said no");
}

TEST(Enrolling, AStoreThatCannotBeReadShowsNoSeed) {
  Registry registry;
  registry.store.FailReading(kDisk);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ForSato())), ErrorCode::kIo);
}

TEST(Enrolling, NobodyIsEnrolledUnderANameThatNobodyHas) {
  Registry registry;
  for (const char* name : {"satoo", "1000", "ghost"}) {
    registry.users.Add({model::kNobody, "ghost", {}});
    EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderTotp{name, "", "Sekimori", "why", ""})), ErrorCode::kNotFound) << name;
  }
  registry.users.Fail(Error{ErrorCode::kTimeout, "names", "too slow"});
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ForSato())), ErrorCode::kTimeout);
}

TEST(Enrolling, AnAliasLeadsToItsOwner) {
  Registry registry;
  EXPECT_EQ(registry.Begin("SATO").user, (model::Account{kSato, "sato"}));
}

TEST(Enrolling, WithoutChanceThereIsNoSeed) {
  Registry registry;
  registry.random.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ForSato())), ErrorCode::kUnavailable);
}

TEST(Enrolling, TextsThatCannotBeKeptAreRefusedBeforeAnythingIsShown) {
  Registry registry;
  const OrderTotp rows[] = {{"sato", std::string(129, 'x'), "Sekimori", "why", ""},
                            {"sato", "two\nlines", "Sekimori", "why", ""},
                            {"sato", "", "", "why", ""},
                            {"sato", "", "Seki:mori", "why", ""},
                            {"sato", "", std::string(33, 'x'), "why", ""}};
  for (const OrderTotp& row : rows)
    EXPECT_EQ(Registry::CodeOf(registry.Ask(row)), ErrorCode::kInvalid) << row.label << row.issuer;
}

TEST(Enrolling, SixteenAuthenticatorsAreEnoughForAUser) {
  Registry registry;
  std::string last;
  for (int i = 0; i < 16; ++i)
    last = registry.Enrol();
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ForSato())), ErrorCode::kFull);
  (void)Registry::As<AuthenticatorsChanged>(registry.Ask(OrderRevocation{"sato", last, "lost", ""}));
  (void)Registry::As<TotpBegun>(registry.Ask(ForSato()));
}

TEST(Enrolling, TellsOfTheUsersOthers) {
  Registry registry;
  const std::string lost = registry.Enrol();
  (void)registry.Enrol();
  (void)registry.Ask(OrderRevocation{"sato", lost, "lost", ""});
  const TotpBegun begun = registry.Begin();
  EXPECT_EQ(Registry::As<TotpConfirmed>(registry.Confirm(begun.pending, registry.Code(begun))).others, 1U);
}

// --- what is there --------------------------------------------------------------------------------------------------

TEST(Listing, TellsOfOneUserOrOfAll) {
  Registry registry;
  const std::string sato = registry.Enrol("sato"), suzuki = registry.Enrol("suzuki");
  registry.store.SetTries({kSato, sato}, 3);
  registry.store.SetTries({kSato, "password"}, 2);
  registry.store.SetTries({model::kNobody, "decoy"}, 9);
  const auto one = Registry::As<ports::AuthenticatorList>(registry.Ask(ports::AskAuthenticators{"sato"}));
  ASSERT_EQ(one.states.size(), 2U);
  EXPECT_EQ(one.states[0].state.key.credential, sato);
  EXPECT_TRUE(one.states[0].locked);
  EXPECT_FALSE(one.states[1].state.credential);
  EXPECT_FALSE(one.states[1].locked);
  const auto all = Registry::As<ports::AuthenticatorList>(registry.Ask(ports::AskAuthenticators{}));
  ASSERT_EQ(all.states.size(), 3U) << "and nothing of names that nobody has";
  EXPECT_EQ(all.states[2].state.key, (model::CredentialKey{1001, suzuki}));
  EXPECT_FALSE(all.next);
}

TEST(Listing, GoesOnWhereItStopped) {
  Registry registry;
  for (std::uint32_t uid = 1; uid <= Registrar::kUsersAtOnce + 1; ++uid)
    registry.store.SetTries({uid, "password"}, 1);
  const auto first = Registry::As<ports::AuthenticatorList>(registry.Ask(ports::AskAuthenticators{}));
  EXPECT_EQ(first.states.size(), Registrar::kUsersAtOnce);
  ASSERT_TRUE(first.next);
  const auto rest = Registry::As<ports::AuthenticatorList>(registry.Ask(ports::AskAuthenticators{"", first.next}));
  ASSERT_EQ(rest.states.size(), 1U);
  EXPECT_EQ(rest.states[0].state.key.uid, Registrar::kUsersAtOnce + 1);
  EXPECT_FALSE(rest.next);
}

TEST(Listing, AStoreThatCannotBeReadIsNoEmptyList) {
  Registry registry;
  registry.store.FailReading(kDisk);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ports::AskAuthenticators{})), ErrorCode::kIo);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(ports::AskAuthenticators{"sato"})), ErrorCode::kIo);
}

// --- revoking -------------------------------------------------------------------------------------------------------

TEST(Revoking, IsDoneAndThenRecorded) {
  Registry registry;
  const std::string id = registry.Enrol();
  registry.journal.clear();
  const auto changed =
      Registry::As<AuthenticatorsChanged>(registry.Ask(OrderRevocation{"sato", id, "phone lost", "tanaka"}));
  EXPECT_EQ(changed.ids, std::vector<std::string>{id});
  EXPECT_EQ(changed.left, 0U);
  EXPECT_EQ(registry.journal, (std::vector<std::string>{"revoke " + id, "record revoked " + id}));
  EXPECT_EQ(registry.recorded.back().reason, "phone lost");
  EXPECT_EQ(registry.recorded.back().by, (model::Account{0, "tanaka"}));
}

TEST(Revoking, HoldsAlsoWhereTheLogRefuses) {
  Registry registry;
  const std::string id = registry.Enrol();
  registry.log_fails = kFullLog;
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{"sato", id, "lost", ""})), ErrorCode::kFull);
  EXPECT_TRUE(registry.store.Of(kSato).at(0).credential->revoked);
}

TEST(Revoking, WhatTheStoreRefusesIsNotRecorded) {
  Registry registry;
  const std::string id = registry.Enrol();
  registry.store.Fail(kDisk);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{"sato", id, "lost", ""})), ErrorCode::kIo);
  EXPECT_EQ(registry.recorded.size(), 1U);
}

TEST(Revoking, KnowsWhatIsNotThereAndWhatIsRevokedAlready) {
  Registry registry;
  const std::string id = registry.Enrol();
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{"suzuki", id, "lost", ""})), ErrorCode::kNotFound);
  registry.store.SetTries({kSato, "password"}, 1);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{"sato", "password", "lost", ""})), ErrorCode::kNotFound);
  (void)registry.Ask(OrderRevocation{"sato", id, "lost", ""});
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{"sato", id, "lost", ""})), ErrorCode::kConflict);
  EXPECT_EQ(registry.recorded.size(), 2U);
}

TEST(Revoking, ReachesUsersWhoHaveNoNameAnyMore) {
  Registry registry;
  (void)registry.store.Enrol(1234, {{"totp-1", model::Method::kTotp, "", false}, model::Secret("x")});
  const auto changed =
      Registry::As<AuthenticatorsChanged>(registry.Ask(OrderRevocation{"1234", "totp-1", "left us", ""}));
  EXPECT_EQ(changed.user, (model::Account{1234, ""}));
  for (const char* name : {"1234x", "-1", "4294967295", "4294967296", ""})
    EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderRevocation{name, "totp-1", "why", ""})), ErrorCode::kNotFound) << name;
}

// --- unlocking ------------------------------------------------------------------------------------------------------

TEST(Unlocking, IsRecordedAndThenDone) {
  Registry registry;
  const std::string id = registry.Enrol();
  registry.store.SetTries({kSato, id}, 3);
  registry.store.SetTries({kSato, "password"}, 3);
  registry.journal.clear();
  const auto changed =
      Registry::As<AuthenticatorsChanged>(registry.Ask(OrderUnlocking{"sato", id, "forgot", "tanaka"}));
  EXPECT_EQ(changed.ids, std::vector<std::string>{id});
  EXPECT_EQ(registry.journal, (std::vector<std::string>{"record unlocked " + id, "unlock " + id}));
  EXPECT_EQ(registry.store.Of(kSato).at(1).tries, 3U);
}

TEST(Unlocking, WithoutAnIdUnlocksWhateverFailed) {
  Registry registry;
  (void)registry.Enrol();
  registry.store.SetTries({kSato, "password"}, 3);
  const auto changed = Registry::As<AuthenticatorsChanged>(registry.Ask(OrderUnlocking{"sato", "", "forgot", ""}));
  EXPECT_EQ(changed.ids, std::vector<std::string>{"password"});
  EXPECT_EQ(registry.recorded.back().method, model::Method::kPassword);
  EXPECT_EQ(registry.store.Of(kSato).at(1).tries, 0U);
}

TEST(Unlocking, WhatIsNotRecordedStaysLocked) {
  Registry registry;
  registry.store.SetTries({kSato, "password"}, 3);
  registry.log_fails = kFullLog;
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"sato", "", "forgot", ""})), ErrorCode::kFull);
  EXPECT_EQ(registry.store.Of(kSato).at(0).tries, 3U);
}

TEST(Unlocking, TellsWhenTheStoreRefuses) {
  Registry registry;
  registry.store.SetTries({kSato, "password"}, 3);
  registry.store.Fail(kDisk);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"sato", "", "forgot", ""})), ErrorCode::kIo);
}

TEST(Unlocking, DoesNotReachWhatIsCountedForNamesThatNobodyHas) {
  Registry registry;
  registry.store.SetTries({model::kNobody, "decoy"}, 3);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"4294967295", "", "why", ""})), ErrorCode::kNotFound);
  EXPECT_TRUE(registry.recorded.empty());
}

TEST(Unlocking, TellsWhenThereIsNothingToUnlock) {
  Registry registry;
  const std::string id = registry.Enrol();
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"sato", "", "why", ""})), ErrorCode::kConflict);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"sato", id, "why", ""})), ErrorCode::kConflict);
  EXPECT_EQ(Registry::CodeOf(registry.Ask(OrderUnlocking{"sato", "totp-none", "why", ""})), ErrorCode::kNotFound);
  EXPECT_EQ(registry.recorded.size(), 1U);
}

}  // namespace
}  // namespace sekimori::enrolment
