#include "agent/login/lockout.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_login_store.h"

namespace sekimori::login {
namespace {

const model::CredentialKey kKey{1000, "phone"};

TEST(Lockout, LetsSoManyChecksFail) {
  for (const std::uint32_t tries : {1U, 3U, 5U}) {
    fakes::FakeLoginStore store;
    Lockout lockout(store, tries);
    for (std::uint32_t begun = 0; begun < tries; ++begun) {
      EXPECT_FALSE(lockout.IsLocked(kKey).value());
      EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
      EXPECT_EQ(store.TriesOf(kKey), begun + 1);
    }
    EXPECT_TRUE(lockout.IsLocked(kKey).value());
    const Status locked = lockout.BeforeCheck(kKey);
    ASSERT_FALSE(locked.ok());
    EXPECT_EQ(locked.error().code, ErrorCode::kDenied);
    // Asking on writes nothing: nobody wears the disk out.
    EXPECT_EQ(store.TriesOf(kKey), tries);
  }
}

TEST(Lockout, NoTriesAtAllCountAsOne) {
  fakes::FakeLoginStore store;
  Lockout lockout(store, 0);
  EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
  EXPECT_FALSE(lockout.BeforeCheck(kKey).ok());
}

TEST(Lockout, SuccessClears) {
  fakes::FakeLoginStore store;
  Lockout lockout(store, 2);
  EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
  EXPECT_TRUE(lockout.Held(kKey).ok());
  EXPECT_EQ(store.TriesOf(kKey), 0U);
  EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
  EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
}

TEST(Lockout, KeepsUsersAndCredentialsApart) {
  fakes::FakeLoginStore store;
  Lockout lockout(store, 1);
  EXPECT_TRUE(lockout.BeforeCheck(kKey).ok());
  EXPECT_TRUE(lockout.BeforeCheck({kKey.uid, "key"}).ok());
  EXPECT_TRUE(lockout.BeforeCheck({1001, "phone"}).ok());
  EXPECT_FALSE(lockout.BeforeCheck(kKey).ok());
}

TEST(Lockout, HoldsInANewRun) {
  fakes::FakeLoginStore store;
  EXPECT_TRUE(Lockout(store, 1).BeforeCheck(kKey).ok());
  EXPECT_FALSE(Lockout(store, 1).BeforeCheck(kKey).ok());
}

// Answers as several logins see it that came past the first look together.
class RacedStore final : public ports::LoginStore {
 public:
  explicit RacedStore(std::uint32_t number) : number_(number) {}
  Result<std::uint32_t> Tries(const model::CredentialKey&) const override { return 0U; }
  Result<std::uint32_t> CountTry(const model::CredentialKey&) override { return number_; }
  Result<std::vector<model::Credential>> Credentials(std::uint32_t) const override { return kUnused; }
  Result<model::Secret> SecretOf(const model::CredentialKey&) const override { return kUnused; }
  Status ClearTries(const model::CredentialKey&) override { return kUnused; }
  Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey&) const override { return kUnused; }
  Status AdvanceCounter(const model::CredentialKey&, std::uint64_t) override { return kUnused; }
  Result<model::LoginHistory> History(std::uint32_t) const override { return kUnused; }
  Status KeepLogin(std::uint32_t, const model::LastLogin&) override { return kUnused; }
  Status CountFailedLogin(std::uint32_t) override { return kUnused; }

 private:
  inline static const Error kUnused{ErrorCode::kInternal, "", "not asked for here"};
  const std::uint32_t number_;
};

TEST(Lockout, OfManyAtOnceOnlySoManyCheck) {
  // 0 is what a store would say that did not count.
  for (const auto& [number, may] : {std::pair{0U, false}, {1U, true}, {3U, true}, {4U, false}, {1000U, false}}) {
    RacedStore store(number);
    EXPECT_EQ(Lockout(store, 3).BeforeCheck(kKey).ok(), may) << number;
  }
}

TEST(Lockout, ChecksNothingThatCouldNotBeCounted) {
  for (const int call : {1, 2})
    for (const bool written : {false, true}) {
      fakes::FakeLoginStore store;
      store.FailCall(call, written);
      const Status counted = Lockout(store, 3).BeforeCheck(kKey);
      ASSERT_FALSE(counted.ok());
      EXPECT_EQ(counted.error().code, ErrorCode::kIo);
    }
  fakes::FakeLoginStore store;
  store.FailAll(true);
  EXPECT_FALSE(Lockout(store, 3).IsLocked(kKey).ok());
  EXPECT_FALSE(Lockout(store, 3).Held(kKey).ok());
}

}  // namespace
}  // namespace sekimori::login
