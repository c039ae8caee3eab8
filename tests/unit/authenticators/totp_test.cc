// Which codes are right, and that none is right twice.
#include "agent/authenticators/totp.h"

#include <gtest/gtest.h>

#include "agent/authenticators/totp_seed.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_time_floor.h"

namespace sekimori::authenticators {
namespace {

using model::Refusal;
using std::chrono::seconds;

constexpr std::uint32_t kSato = 1000;
const model::CredentialKey kKey{kSato, "phone"};

struct Phone {
  Phone() {
    const TotpSeed seed{TotpAlgorithm::kSha1, 6, 30, model::Secret("12345678901234567890")};
    store.Enrol(kSato, {.id = "phone", .method = model::Method::kTotp}, EncodeTotpSeed(seed).value().bytes());
    request.user = model::LoginUser{kSato, "sato", {}};
  }
  // Of the step that the clock is in, or one some steps away.
  [[nodiscard]] std::string Code(int steps_away = 0) const {
    const TotpSeed seed{TotpAlgorithm::kSha1, 6, 30, model::Secret("12345678901234567890")};
    return std::string(TotpCode(seed, Step() + static_cast<std::uint64_t>(steps_away)).value().bytes());
  }
  [[nodiscard]] std::uint64_t Step() const {
    return static_cast<std::uint64_t>(std::chrono::floor<seconds>(clock.Now()).time_since_epoch().count()) / 30;
  }
  // A new authenticator each time: what it knows is in the store alone, as after a restart.
  Result<ports::ProofStep> Say(std::string_view code, bool decoy = false) {
    Totp totp(store, clock, floor);
    Result<std::unique_ptr<ports::ProofInProgress>> proof =
        decoy ? totp.StartDecoy(request) : totp.Start(request, {.id = "phone", .method = model::Method::kTotp});
    const Result<model::Prompt> prompt = proof.value()->Begin();
    EXPECT_EQ(prompt.value().words.key, "login.ask_totp");
    return proof.value()->Continue(model::Secret(code), model::BootTime::max());
  }
  bool Holds(std::string_view code) {
    const Result<ports::ProofStep> step = Say(code);
    return step.ok() && std::holds_alternative<model::Evidence>(step.value());
  }
  std::optional<Refusal> RefusalOf(std::string_view code) {
    const Result<ports::ProofStep> step = Say(code);
    if (!step.ok() || !std::holds_alternative<Refusal>(step.value())) return std::nullopt;
    return std::get<Refusal>(step.value());
  }

  fakes::FakeClock clock;
  fakes::FakeLoginStore store;
  fakes::FakeTimeFloor floor;
  model::LoginRequest request;
};

TEST(Totp, ARightCodeIsPossessionAndItsStepIsKept) {
  Phone phone;
  const Result<ports::ProofStep> step = phone.Say(phone.Code());
  ASSERT_TRUE(step.ok());
  const model::Evidence evidence = std::get<model::Evidence>(step.value());
  EXPECT_EQ(evidence.method, model::Method::kTotp);
  EXPECT_EQ(evidence.credential, "phone");
  EXPECT_EQ(evidence.classes, (model::FactorClasses{model::FactorClass::kPossession}));
  EXPECT_FALSE(evidence.weak);
  EXPECT_EQ(evidence.counter, phone.Step());
  EXPECT_EQ(phone.store.CounterOf(kKey), phone.Step());
}

TEST(Totp, TakesCodesAsPeopleTypeThem) {
  Phone phone;
  const std::string code = phone.Code();
  EXPECT_TRUE(phone.Holds(" " + code.substr(0, 3) + " " + code.substr(3)));
}

TEST(Totp, TakesOneStepBeforeAndAfterAndNoMore) {
  for (const auto& [away, holds] : {std::pair{-2, false}, {-1, true}, {0, true}, {1, true}, {2, false}}) {
    Phone phone;
    EXPECT_EQ(phone.Holds(phone.Code(away)), holds) << away;
    EXPECT_EQ(phone.store.CounterOf(kKey).has_value(), holds) << away;
  }
}

TEST(Totp, RefusesWhatIsNoCode) {
  Phone phone;
  const std::string code = phone.Code();
  for (const std::string& typed : {std::string(), std::string("0"), code.substr(1), "0" + code, code + "0",
                                   code.substr(0, 5) + "x", std::string(100000, '1')})
    EXPECT_EQ(phone.RefusalOf(typed), Refusal::kWrong) << typed.substr(0, 10);
  EXPECT_TRUE(phone.Holds(code));
}

TEST(Totp, NoCodeIsRightTwiceNorIsAnOlderOne) {
  Phone phone;
  const std::string older = phone.Code(-1), now = phone.Code();
  ASSERT_TRUE(phone.Holds(now));
  EXPECT_EQ(phone.RefusalOf(now), Refusal::kReplayed);
  EXPECT_EQ(phone.RefusalOf(older), Refusal::kReplayed);
  const std::string next = phone.Code(1);
  EXPECT_TRUE(phone.Holds(next));
  EXPECT_EQ(phone.RefusalOf(next), Refusal::kReplayed);
  phone.clock.Advance(seconds{30});
  EXPECT_EQ(phone.RefusalOf(next), Refusal::kReplayed);
  phone.clock.Advance(seconds{30});
  EXPECT_TRUE(phone.Holds(phone.Code()));
}

TEST(Totp, AWrongCodeUsesNothingUp) {
  Phone phone;
  EXPECT_EQ(phone.RefusalOf("000000"), Refusal::kWrong);
  EXPECT_FALSE(phone.store.CounterOf(kKey).has_value());
  EXPECT_TRUE(phone.Holds(phone.Code()));
}

TEST(Totp, AClockSetBackMakesNoOldCodeRight) {
  Phone phone;
  const std::string overheard = phone.Code();
  const model::WallTime then = phone.clock.Now();
  phone.clock.Advance(std::chrono::hours{1});
  phone.floor.Set(phone.clock.Now());
  phone.clock.SetWall(then);
  EXPECT_EQ(phone.RefusalOf(overheard), Refusal::kClock);
  EXPECT_FALSE(phone.store.CounterOf(kKey).has_value());
}

TEST(Totp, AClockPutRightByASecondOrTwoIsNoAttack) {
  Phone phone;
  phone.floor.Set(phone.clock.Now() + seconds{5});
  EXPECT_TRUE(phone.Holds(phone.Code()));
  Phone edge;  // the floor has just entered the next step
  edge.floor.Set(edge.clock.Now() + seconds{30});
  EXPECT_TRUE(edge.Holds(edge.Code()));
  Phone beyond;
  beyond.floor.Set(beyond.clock.Now() + seconds{60});
  EXPECT_EQ(beyond.RefusalOf(beyond.Code()), Refusal::kClock);
}

TEST(Totp, AClockSetForwardAndBackLeavesNothingToReplay) {
  Phone phone;
  const model::WallTime real = phone.clock.Now();
  phone.clock.Advance(std::chrono::hours{24});
  const std::string future = phone.Code();
  ASSERT_TRUE(phone.Holds(future));
  phone.clock.SetWall(real);
  EXPECT_FALSE(phone.Holds(phone.Code()));
  phone.clock.SetWall(real + std::chrono::hours{24});
  EXPECT_EQ(phone.RefusalOf(future), Refusal::kReplayed);
}

TEST(Totp, AClockBefore1970IsRefused) {
  Phone phone;
  phone.clock.SetWall(model::WallTime{-seconds{1}});
  EXPECT_EQ(phone.RefusalOf("123456"), Refusal::kClock);
  // And at its very beginning nothing wraps round.
  phone.clock.SetWall(model::WallTime{});
  EXPECT_TRUE(phone.Holds(phone.Code(1)));
}

TEST(Totp, SaysNothingIsRightBeforeItsStepIsKept) {
  for (int call = 1; call <= 3; ++call)
    for (const bool written : {false, true}) {
      Phone phone;
      phone.store.FailCall(call, written);
      const Result<ports::ProofStep> step = phone.Say(phone.Code());
      ASSERT_FALSE(step.ok()) << call;
      EXPECT_EQ(step.error().code, ErrorCode::kIo) << call;
    }
  Phone phone;
  phone.store.FailCall(4);
  EXPECT_TRUE(phone.Holds(phone.Code()));  // there is no fourth
}

// One of the two guards of the counter does nothing: the look at it (another login with the same code came between
// that and the advance), or the advance (a store that takes every number).
class HalfGuardedStore final : public ports::LoginStore {
 public:
  enum class Guard : std::uint8_t { kLook = 1, kAdvance };
  HalfGuardedStore(fakes::FakeLoginStore& store, Guard guard) : store_(store), guard_(guard) {}
  Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey& key) const override {
    if (guard_ == Guard::kLook) return store_.Counter(key);
    return std::optional<std::uint64_t>();
  }
  Status AdvanceCounter(const model::CredentialKey& key, std::uint64_t counter) override {
    return guard_ == Guard::kAdvance ? store_.AdvanceCounter(key, counter) : Status::Ok();
  }
  Result<model::Secret> SecretOf(const model::CredentialKey& key) const override { return store_.SecretOf(key); }
  Result<std::vector<model::Credential>> Credentials(std::uint32_t uid) const override {
    return store_.Credentials(uid);
  }
  Result<std::uint32_t> Tries(const model::CredentialKey& key) const override { return store_.Tries(key); }
  Result<std::uint32_t> CountTry(const model::CredentialKey& key) override { return store_.CountTry(key); }
  Status ClearTries(const model::CredentialKey& key) override { return store_.ClearTries(key); }
  Result<model::LoginHistory> History(std::uint32_t uid) const override { return store_.History(uid); }
  Status KeepLogin(std::uint32_t uid, const model::LastLogin& login) override { return store_.KeepLogin(uid, login); }
  Status CountFailedLogin(std::uint32_t uid) override { return store_.CountFailedLogin(uid); }

 private:
  fakes::FakeLoginStore& store_;
  const Guard guard_;
};

TEST(Totp, EitherGuardOfTheCounterRefusesAUsedCode) {
  using Guard = HalfGuardedStore::Guard;
  for (const Guard guard : {Guard::kLook, Guard::kAdvance}) {
    Phone phone;
    ASSERT_TRUE(phone.Holds(phone.Code()));
    HalfGuardedStore store(phone.store, guard);
    Totp totp(store, phone.clock, phone.floor);
    Result<std::unique_ptr<ports::ProofInProgress>> proof =
        totp.Start(phone.request, {.id = "phone", .method = model::Method::kTotp});
    const Result<ports::ProofStep> step = proof.value()->Continue(model::Secret(phone.Code()), model::BootTime::max());
    ASSERT_TRUE(step.ok());
    ASSERT_TRUE(std::holds_alternative<Refusal>(step.value())) << static_cast<int>(guard);
    EXPECT_EQ(std::get<Refusal>(step.value()), Refusal::kReplayed);
  }
}

TEST(Totp, FailsWhereSeedOrFloorCannotBeRead) {
  Phone no_floor;
  no_floor.floor.Fail(Error{ErrorCode::kIo, "floor", "unreadable"});
  EXPECT_FALSE(no_floor.Say(no_floor.Code()).ok());
  Phone damaged;
  damaged.store.Enrol(kSato, {.id = "phone", .method = model::Method::kTotp}, "not a seed");
  const Result<ports::ProofStep> step = damaged.Say(damaged.Code());
  ASSERT_FALSE(step.ok());
  EXPECT_EQ(step.error().code, ErrorCode::kCorrupt);
}

TEST(Totp, ADecoyAsksTheSameAndRefusesEveryCode) {
  Phone phone;
  const TotpSeed nobodys{TotpAlgorithm::kSha1, 6, 30, model::Secret(std::string(TotpSeed::kShortest, '\0'))};
  const std::string known = std::string(TotpCode(nobodys, phone.Step()).value().bytes());
  for (const std::string& code : {phone.Code(), known, std::string()}) {
    const Result<ports::ProofStep> step = phone.Say(code, true);
    ASSERT_TRUE(step.ok());
    EXPECT_TRUE(std::holds_alternative<Refusal>(step.value()));
  }
  EXPECT_FALSE(phone.store.CounterOf(kKey).has_value());
  EXPECT_FALSE(phone.store.CounterOf({}).has_value());
}

TEST(Totp, NeedsAUser) {
  Phone phone;
  phone.request.user.reset();
  Totp totp(phone.store, phone.clock, phone.floor);
  EXPECT_FALSE(totp.Start(phone.request, {.id = "phone", .method = model::Method::kTotp}).ok());
}

}  // namespace
}  // namespace sekimori::authenticators
