// What every store of logins must do, the fake and the real one alike.
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "agent/login_store/sqlite_login_store.h"
#include "tests/contract/login_store/login_store_bench.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_random.h"

namespace sekimori::contract {
namespace {

class FakeBench final : public LoginStoreBench {
 public:
  ports::LoginStore& store() override { return store_; }
  void Reopen() override {}
  void Enrol(std::uint32_t uid, const model::Credential& credential, std::string_view secret) override {
    store_.Enrol(uid, credential, secret);
  }
  void Revoke(std::uint32_t uid, const std::string& credential) override { store_.Revoke(uid, credential); }

 private:
  fakes::FakeLoginStore store_;
};

class SqliteBench final : public LoginStoreBench {
 public:
  SqliteBench() {
    std::string name = (std::filesystem::temp_directory_path() / "sekimori-logins-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    store_ = login_store::SqliteLoginStore::Open(folder_, random_).value();
  }
  ~SqliteBench() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  SqliteBench(const SqliteBench&) = delete;
  SqliteBench& operator=(const SqliteBench&) = delete;

  ports::LoginStore& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = login_store::SqliteLoginStore::Open(folder_, random_).value();
  }
  void Enrol(std::uint32_t uid, const model::Credential& credential, std::string_view secret) override {
    const Status enrolled = store_->Enrol(uid, {credential, model::Secret(secret)});
    EXPECT_TRUE(enrolled.ok()) << ToString(enrolled.error());
  }
  void Revoke(std::uint32_t uid, const std::string& credential) override {
    EXPECT_TRUE(store_->Revoke({uid, credential}).ok());
  }

 private:
  std::filesystem::path folder_;
  fakes::FakeRandom random_;
  std::unique_ptr<login_store::SqliteLoginStore> store_;
};

template <typename Bench>
std::unique_ptr<LoginStoreBench> Make() {
  return std::make_unique<Bench>();
}

std::vector<LoginStoreMaker> LoginStoreMakers() {
  return {{"Fake", Make<FakeBench>}, {"Sqlite", Make<SqliteBench>}};
}

class LoginStoreContract : public testing::TestWithParam<LoginStoreMaker> {
 protected:
  ports::LoginStore& store() { return bench_->store(); }
  const std::unique_ptr<LoginStoreBench> bench_ = GetParam().make();
  const model::CredentialKey phone_{1000, "phone"};
  const model::CredentialKey key_{1000, "key"};
  const model::CredentialKey others_{1001, "phone"};
};

TEST_P(LoginStoreContract, KnowsNothingAtFirst) {
  for (const std::uint32_t uid : {0U, 1000U, model::kNobody}) {
    EXPECT_TRUE(store().Credentials(uid).value().empty());
    EXPECT_EQ(store().History(uid).value(), model::LoginHistory{});
    EXPECT_EQ(store().Tries({uid, "phone"}).value(), 0U);
    EXPECT_EQ(store().Counter({uid, "phone"}).value(), std::nullopt);
  }
  EXPECT_EQ(store().SecretOf(phone_).error().code, ErrorCode::kNotFound);
}

TEST_P(LoginStoreContract, KeepsCredentialsOfTheirUserTheRevokedOnesToo) {
  const model::Credential phone{.id = "phone", .method = model::Method::kTotp, .label = "私物の電話"};
  const model::Credential key{.id = "key", .method = model::Method::kFido2, .label = "青い鍵"};
  bench_->Enrol(1000, phone, std::string_view("se\0ed", 5));
  bench_->Enrol(1000, key, "handle");
  bench_->Enrol(1001, phone, "other");
  bench_->Revoke(1000, "key");
  bench_->Reopen();
  model::Credential revoked = key;
  revoked.revoked = true;
  EXPECT_EQ(store().Credentials(1000).value(), (std::vector{phone, revoked}));
  EXPECT_EQ(store().Credentials(1001).value(), std::vector{phone});
  EXPECT_EQ(store().SecretOf(phone_).value().bytes(), std::string_view("se\0ed", 5));
  EXPECT_EQ(store().SecretOf(others_).value().bytes(), "other");
  EXPECT_EQ(store().SecretOf(key_).error().code, ErrorCode::kNotFound) << "a revoked one proves nothing any more";
}

TEST_P(LoginStoreContract, CountsTriesOfEachCredentialApartAndOverRestarts) {
  for (std::uint32_t number = 1; number <= 5; ++number) {
    EXPECT_EQ(store().CountTry(phone_).value(), number);
    bench_->Reopen();
    EXPECT_EQ(store().Tries(phone_).value(), number);
  }
  EXPECT_EQ(store().CountTry(key_).value(), 1U);
  EXPECT_EQ(store().CountTry(others_).value(), 1U);
  EXPECT_EQ(store().CountTry({model::kNobody, "decoy"}).value(), 1U);
  ASSERT_TRUE(store().ClearTries(phone_).ok());
  bench_->Reopen();
  EXPECT_EQ(store().Tries(phone_).value(), 0U);
  EXPECT_EQ(store().Tries(key_).value(), 1U);
  EXPECT_EQ(store().Tries(others_).value(), 1U);
  EXPECT_EQ(store().CountTry(phone_).value(), 1U);
  EXPECT_TRUE(store().ClearTries({1002, "never tried"}).ok());
}

TEST_P(LoginStoreContract, KeepsNothingOfACredentialWithoutAnId) {
  for (const std::uint32_t uid : {1000U, model::kNobody}) {
    const model::CredentialKey none{uid, ""};
    EXPECT_EQ(store().Tries(none).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().CountTry(none).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().ClearTries(none).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().Counter(none).error().code, ErrorCode::kInvalid);
    EXPECT_EQ(store().AdvanceCounter(none, 1).error().code, ErrorCode::kInvalid);
  }
}

TEST_P(LoginStoreContract, CountersOnlyGoOn) {
  ASSERT_TRUE(store().AdvanceCounter(phone_, 0).ok());
  for (const std::uint64_t counter : {std::uint64_t{7}, ~std::uint64_t{0}}) {
    ASSERT_TRUE(store().AdvanceCounter(phone_, counter).ok());
    bench_->Reopen();
    EXPECT_EQ(store().Counter(phone_).value(), counter);
    for (const std::uint64_t old : {counter, counter - 1, std::uint64_t{0}}) {
      const Status refused = store().AdvanceCounter(phone_, old);
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    }
    EXPECT_EQ(store().Counter(phone_).value(), counter);
  }
  EXPECT_EQ(store().Counter(others_).value(), std::nullopt);
}

TEST_P(LoginStoreContract, KeepsTheLastLoginAndCountsWhatFailedSince) {
  const model::LastLogin first{model::WallTime{std::chrono::seconds{1775000000}}, "login", "tty1", ""};
  const model::LastLogin second{first.at + std::chrono::hours{1}, "sshd", "ssh", "198.51.100.7"};
  EXPECT_TRUE(store().CountFailedLogin(1000).ok());
  bench_->Reopen();
  EXPECT_EQ(store().History(1000).value(), (model::LoginHistory{std::nullopt, 1}));
  ASSERT_TRUE(store().KeepLogin(1000, first).ok());
  EXPECT_EQ(store().History(1000).value(), (model::LoginHistory{first, 0}));
  EXPECT_TRUE(store().CountFailedLogin(1000).ok());
  EXPECT_TRUE(store().CountFailedLogin(1000).ok());
  EXPECT_TRUE(store().CountFailedLogin(model::kNobody).ok());
  bench_->Reopen();
  EXPECT_EQ(store().History(1000).value(), (model::LoginHistory{first, 2}));
  ASSERT_TRUE(store().KeepLogin(1000, second).ok());
  EXPECT_EQ(store().History(1000).value(), (model::LoginHistory{second, 0}));
  EXPECT_EQ(store().History(1001).value(), model::LoginHistory{});
}

INSTANTIATE_TEST_SUITE_P(Stores, LoginStoreContract, testing::ValuesIn(LoginStoreMakers()),
                         [](const auto& maker) { return maker.param.name; });

}  // namespace

}  // namespace sekimori::contract
