// Rows that somebody changed: found when they are read, and nobody is let in by them.
#include <vector>

#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

// Users 1000, 1001 and 1002 with a phone each; 1000's second one is revoked.
class DamageTest : public StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    const Store store = Open();
    for (const std::uint32_t uid : {1000U, 1001U, 1002U})
      Enrol(*store, uid, Phone(), "seed of " + std::to_string(uid));
    Enrol(*store, 1000, Phone("old"));
    ASSERT_TRUE(store->Revoke({1000, "old"}).ok());
    ASSERT_TRUE(store->CountTry(phone_).ok());
    ASSERT_TRUE(store->AdvanceCounter(phone_, 7).ok());
    ASSERT_TRUE(store->CountFailedLogin(1000).ok());
  }
};

struct Mutation {
  const char* name;
  const char* sql;
};

constexpr Mutation kOfCredentials[] = {
    {"secret overwritten",
     "UPDATE credentials SET sealed = zeroblob(length(sealed)) WHERE uid = 1000 AND id = 'phone'"},
    {"secret cut", "UPDATE credentials SET sealed = substr(sealed, 1, 27) WHERE uid = 1000 AND id = 'phone'"},
    {"secret emptied", "UPDATE credentials SET sealed = x'' WHERE uid = 1000 AND id = 'phone'"},
    {"secret of another user put in",
     "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE uid = 1001) WHERE uid = 1000 AND id = "
     "'phone'"},
    {"rows of two users swapped",
     "UPDATE credentials SET uid = 9 WHERE uid = 1001; UPDATE credentials SET uid = 1001 WHERE uid = 1000;"
     "UPDATE credentials SET uid = 1000 WHERE uid = 9"},
    {"another user's row added",
     "INSERT INTO credentials SELECT 1000, 3, 'more', method, revoked, label, sealed FROM credentials WHERE uid = "
     "1001"},
    {"id changed", "UPDATE credentials SET id = 'phone2' WHERE uid = 1000 AND id = 'phone'"},
    {"method changed", "UPDATE credentials SET method = 3 WHERE uid = 1000 AND id = 'phone'"},
    {"method that is none", "UPDATE credentials SET method = 77 WHERE uid = 1000 AND id = 'phone'"},
    {"label changed", "UPDATE credentials SET label = 'ours' WHERE uid = 1000 AND id = 'phone'"},
    {"a revoked one put back", "UPDATE credentials SET revoked = 0 WHERE uid = 1000 AND id = 'old'"},
    {"one said to be revoked", "UPDATE credentials SET revoked = 1 WHERE uid = 1000 AND id = 'phone'"},
};

TEST_F(DamageTest, OfACredentialIsFoundAndHarmsNobodyElse) {
  const std::string sound = ReadWhole(Database());
  for (const Mutation& mutation : kOfCredentials) {
    Put(Database(), sound);
    Sql(mutation.sql);
    const Store store = Open();
    ASSERT_NE(store, nullptr) << mutation.name;
    const auto credentials = store->Credentials(1000);
    ASSERT_FALSE(credentials.ok()) << mutation.name;
    EXPECT_EQ(credentials.error().code, ErrorCode::kCorrupt) << mutation.name;
    EXPECT_EQ(store->StatesOf(1000).error().code, ErrorCode::kCorrupt) << mutation.name;
    EXPECT_EQ(store->Credentials(1002).value(), std::vector{Phone()}) << mutation.name;
    EXPECT_EQ(store->SecretOf({1002, "phone"}).value().bytes(), "seed of 1002") << mutation.name;
  }
}

TEST_F(DamageTest, OfASecretGivesNoSecret) {
  const std::string sound = ReadWhole(Database());
  for (const int mutation : {0, 1, 2, 3, 4, 7, 8, 9}) {
    Put(Database(), sound);
    Sql(kOfCredentials[mutation].sql);
    const Store store = Open();
    EXPECT_EQ(store->SecretOf(phone_).error().code, ErrorCode::kCorrupt) << kOfCredentials[mutation].name;
  }
}

TEST_F(DamageTest, CanBeRevokedAndItsUserEnrolledAnew) {
  Sql("UPDATE credentials SET method = 77, label = 'Xs' WHERE uid = 1000 AND id = 'phone'");
  const Store store = Open();
  const auto damaged = store->Credentials(1000);
  ASSERT_FALSE(damaged.ok());
  EXPECT_NE(ToString(damaged.error()).find("phone"), std::string::npos) << "says which: " << ToString(damaged.error());
  ASSERT_TRUE(store->Revoke(phone_).ok());
  const std::vector<model::Credential> left = store->Credentials(1000).value();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_TRUE(left[0].revoked && left[1].revoked);
  EXPECT_EQ(left[0].label, "") << "what it said of itself is not believed";
  Enrol(*store, 1000, Phone("new"));
  EXPECT_EQ(store->Credentials(1000).value().size(), 3U);
}

TEST_F(DamageTest, OfNumbersIsFound) {
  Sql("UPDATE tries SET tries = -1000; UPDATE counters SET counter = x'07'; UPDATE failures SET since = 4294967296");
  const Store store = Open();
  EXPECT_EQ(store->Tries(phone_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->CountTry(phone_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->CountTry(phone_).error().code, ErrorCode::kCorrupt) << "it was not counted on";
  EXPECT_EQ(store->Counter(phone_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->AdvanceCounter(phone_, 9).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->History(1000).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->StatesOf(1000).error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(store->Unlock(phone_).ok());
  EXPECT_EQ(store->CountTry(phone_).value(), 1U);
}

TEST_F(DamageTest, TriesStopAtTheirHighestValue) {
  Sql("UPDATE tries SET tries = 4294967294; UPDATE failures SET since = 4294967295");
  const Store store = Open();
  EXPECT_EQ(store->CountTry(phone_).value(), 4294967295U);
  EXPECT_EQ(store->CountTry(phone_).value(), 4294967295U);
  ASSERT_TRUE(store->CountFailedLogin(1000).ok());
  EXPECT_EQ(store->History(1000).value().failed_since, 4294967295U);
}

}  // namespace
}  // namespace sekimori::login_store
