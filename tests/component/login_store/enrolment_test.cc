// Enrolling, revoking, unlocking and looking; and their bounds.
#include <algorithm>
#include <vector>

#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

using ports::CredentialState;
using ports::Enrolment;
using ports::LoginEnrolment;

using EnrolmentTest = StoreFixture;

ErrorCode CodeOf(const Status& status) {
  return status.ok() ? ErrorCode::kInternal : status.error().code;
}

model::CredentialKey AtConsole(model::CredentialKey key) {
  key.credential += ports::kTriesAtConsole;
  return key;
}

TEST_F(EnrolmentTest, TakesTheCounterInTheSameStep) {
  const Store store = Open();
  ASSERT_TRUE(store->Enrol(1000, {Phone(), model::Secret("seed"), 59'000'000}).ok());
  EXPECT_EQ(store->Counter(phone_).value(), 59'000'000U);
  EXPECT_EQ(CodeOf(store->AdvanceCounter(phone_, 59'000'000)), ErrorCode::kConflict)
      << "the code that confirmed the seed is used up";
}

TEST_F(EnrolmentTest, BeginsWithoutTheTriesAndCountersOfBefore) {
  const Store store = Open();
  ASSERT_EQ(store->CountTry(phone_).value(), 1U);
  ASSERT_TRUE(store->AdvanceCounter(phone_, 7).ok());
  Enrol(*store, 1000, Phone());
  EXPECT_EQ(store->Tries(phone_).value(), 0U);
  EXPECT_EQ(store->Counter(phone_).value(), std::nullopt);
}

TEST_F(EnrolmentTest, NeverPutsOneCredentialInThePlaceOfAnother) {
  const Store store = Open();
  Enrol(*store, 1000, Phone(), "first");
  EXPECT_EQ(CodeOf(store->Enrol(1000, {Phone(), model::Secret("second")})), ErrorCode::kExists);
  EXPECT_EQ(store->SecretOf(phone_).value().bytes(), "first");
  ASSERT_TRUE(store->Revoke(phone_).ok());
  EXPECT_EQ(CodeOf(store->Enrol(1000, {Phone(), model::Secret("second")})), ErrorCode::kExists);
  EXPECT_EQ(store->Credentials(1000).value().size(), 1U);
}

TEST_F(EnrolmentTest, RevokesOnceForGoodAndForgetsTheSecret) {
  Store store = Open();
  Enrol(*store, 1000, Phone());
  ASSERT_TRUE(store->Revoke(phone_).ok());
  EXPECT_EQ(CodeOf(store->Revoke(phone_)), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(store->Revoke({1000, "none"})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(store->Revoke({1001, "phone"})), ErrorCode::kNotFound);
  store.reset();
  store = Open();
  model::Credential revoked = Phone();
  revoked.revoked = true;
  EXPECT_EQ(store->Credentials(1000).value(), std::vector{revoked});
  EXPECT_EQ(store->SecretOf(phone_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Ask("SELECT length(sealed) FROM credentials"), 12 + 0 + 16) << "nonce and tag over nothing";
}

TEST_F(EnrolmentTest, ShowsTriesAtTheConsoleAndElsewhereAsOneAndUnlocksBoth) {
  const Store store = Open();
  Enrol(*store, 1000, Phone());
  const model::CredentialKey password{1000, "password"};
  for (const model::CredentialKey& key : {phone_, password})
    for (const model::CredentialKey& counted : {key, AtConsole(key)}) {
      ASSERT_TRUE(store->Unlock(key).ok());
      ASSERT_EQ(store->CountTry(AtConsole(key)).value(), 1U);
      ASSERT_EQ(store->CountTry(counted).value(), counted == key ? 1U : 2U);
      const std::vector<CredentialState> states = store->StatesOf(1000).value();
      const auto shown = std::ranges::find(states, key, &CredentialState::key);
      ASSERT_NE(shown, states.end());
      EXPECT_EQ(shown->tries, counted == key ? 1U : 2U);
      EXPECT_EQ(std::ranges::find(states, AtConsole(key), &CredentialState::key), states.end());
      ASSERT_TRUE(store->Unlock(key).ok());
      EXPECT_EQ(store->Tries(key).value() + store->Tries(AtConsole(key)).value(), 0U);
    }
}

TEST_F(EnrolmentTest, KeepsTheNamesOfTriesAtTheConsoleForThem) {
  const Store store = Open();
  model::Credential phone = Phone();
  phone.id = std::string(LoginEnrolment::kLongestId, 'x');
  Enrol(*store, 1000, phone);
  EXPECT_EQ(store->CountTry(AtConsole({1000, phone.id})).value(), 1U);
  EXPECT_EQ(CodeOf(store->Unlock({1000, ports::kTriesAtConsole})), ErrorCode::kInvalid);
  phone.id = AtConsole(phone_).credential;
  EXPECT_EQ(CodeOf(store->Enrol(1000, {phone, model::Secret("seed")})), ErrorCode::kInvalid);
}

TEST_F(EnrolmentTest, ShowsWhoIsLockedAndUnlocks) {
  const Store store = Open();
  Enrol(*store, 1000, Phone());
  Enrol(*store, 1000, Phone("another"));
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(store->CountTry(phone_).ok());
  ASSERT_TRUE(store->CountTry({1000, "password"}).ok());
  EXPECT_EQ(store->StatesOf(1000).value(), (std::vector<CredentialState>{{phone_, Phone(), 3},
                                                                         {{1000, "another"}, Phone("another"), 0},
                                                                         {{1000, "password"}, std::nullopt, 1}}));
  ASSERT_TRUE(store->Unlock(phone_).ok());
  ASSERT_TRUE(store->Unlock({1000, "password"}).ok());
  EXPECT_TRUE(store->Unlock({1000, "never tried"}).ok());
  EXPECT_EQ(store->StatesOf(1000).value(),
            (std::vector<CredentialState>{{phone_, Phone(), 0}, {{1000, "another"}, Phone("another"), 0}}));
  EXPECT_TRUE(store->StatesOf(1001).value().empty());
}

TEST_F(EnrolmentTest, ListsUsersPageByPage) {
  const Store store = Open();
  for (const std::uint32_t uid : {1003U, 0U, 1001U})
    Enrol(*store, uid, Phone());
  for (const std::uint32_t uid : {1002U, 1001U, model::kNobody})
    ASSERT_TRUE(store->CountTry({uid, "password"}).ok());
  using Uids = std::vector<std::uint32_t>;
  EXPECT_EQ(store->Users(std::nullopt, 2).value(), (Uids{0, 1001}));
  EXPECT_EQ(store->Users(1001, 2).value(), (Uids{1002, 1003}));
  EXPECT_EQ(store->Users(1003, 2).value(), Uids{model::kNobody});
  EXPECT_TRUE(store->Users(model::kNobody, 2).value().empty());
}

TEST_F(EnrolmentTest, RefusesWhatIsOutsideTheBounds) {
  const Store store = Open();
  const auto enrol = [&](const model::Credential& credential, std::size_t secret = 20, std::uint32_t uid = 1000) {
    return store->Enrol(uid, {credential, model::Secret(std::string(secret, 's'))});
  };
  model::Credential revoked = Phone();
  revoked.revoked = true;
  model::Credential labelled = Phone();
  labelled.label = std::string(LoginEnrolment::kLongestLabel + 1, 'x');
  const std::vector<std::pair<const char*, Status>> refused = {
      {"no id", enrol(Phone(""))},
      {"long id", enrol(Phone(std::string(LoginEnrolment::kLongestId + 1, 'x')))},
      {"control character in the id", enrol(Phone("pho\nne"))},
      {"NUL in the id", enrol(Phone(std::string("pho\0ne", 6)))},
      {"id that is no UTF-8", enrol(Phone("\xff"))},
      {"revoked", enrol(revoked)},
      {"long label", enrol(labelled)},
      {"control character in the label", enrol({.id = "a", .method = model::Method::kTotp, .label = "\x1b[2J"})},
      {"label that turns the writing", enrol({.id = "a", .method = model::Method::kTotp, .label = "\u202e"})},
      {"long secret", enrol(Phone(), LoginEnrolment::kLongestSecret + 1)},
      {"nobody", enrol(Phone(), 20, model::kNobody)}};
  for (const auto& [name, status] : refused)
    EXPECT_EQ(CodeOf(status), ErrorCode::kInvalid) << name;
  EXPECT_TRUE(store->Users(std::nullopt, 10).value().empty());

  labelled.label.pop_back();
  labelled.id = std::string(LoginEnrolment::kLongestId, 'x');
  EXPECT_TRUE(enrol(labelled, LoginEnrolment::kLongestSecret).ok());
  EXPECT_EQ(store->SecretOf({1000, labelled.id}).value().bytes().size(), LoginEnrolment::kLongestSecret);
}

TEST_F(EnrolmentTest, CountsNothingForAnIdThatNoCredentialMayHave) {
  const Store store = Open();
  const model::CredentialKey bad{1000, std::string(LoginEnrolment::kLongestId + 1, 'x')};
  EXPECT_EQ(store->Tries(bad).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(store->CountTry(bad).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(store->ClearTries(bad)), ErrorCode::kInvalid);
  EXPECT_EQ(store->Counter(bad).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(store->AdvanceCounter(bad, 1)), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(store->KeepLogin(1000, {model::WallTime{}, std::string(257, 'x'), "", ""})), ErrorCode::kTooLarge);
}

TEST_F(EnrolmentTest, LetsAUserHaveSixteenAndReplaceThemWithoutEnd) {
  const Store store = Open();
  for (std::size_t i = 0; i < LoginEnrolment::kMostCredentials; ++i)
    Enrol(*store, 1000, Phone(std::to_string(i)));
  EXPECT_EQ(CodeOf(store->Enrol(1000, {Phone("more"), model::Secret("seed")})), ErrorCode::kFull);
  Enrol(*store, 1001, Phone("more"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store->CountTry({1000, std::to_string(i)}).ok());
    ASSERT_TRUE(store->Revoke({1000, std::to_string(i)}).ok()) << i;
    Enrol(*store, 1000, Phone(std::to_string(i + 16)));
  }
  const std::vector<model::Credential> kept = store->Credentials(1000).value();
  EXPECT_EQ(kept.size(), 16U + 48U);
  EXPECT_EQ(std::count_if(kept.begin(), kept.end(), [](const auto& each) { return each.revoked; }), 48);
  EXPECT_EQ(kept.front().id, "52") << "the oldest are forgotten, the newest kept";
  EXPECT_EQ(kept.back().id, "115");
  EXPECT_EQ(store->StatesOf(1000).value().size(), 64U) << "and so are their tries";
}

TEST_F(EnrolmentTest, BoundsTheUsers) {
  Store store = Open();
  Enrol(*store, 1, Phone());
  store.reset();
  Sql("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
      "INSERT INTO credentials SELECT i, 1, 'phone', 2, 0, '', x'' FROM n");
  store = Open();
  EXPECT_EQ(CodeOf(store->Enrol(20'001, {Phone(), model::Secret("seed")})), ErrorCode::kFull);
  EXPECT_TRUE(store->Credentials(20'001).value().empty());
  Enrol(*store, 1, Phone("second"));
}

TEST_F(EnrolmentTest, EnrolsNothingWithoutChance) {
  const Store store = Open();
  random_.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
  EXPECT_EQ(CodeOf(store->Enrol(1000, {Phone(), model::Secret("seed"), 5})), ErrorCode::kUnavailable);
  EXPECT_TRUE(store->Credentials(1000).value().empty());
  EXPECT_EQ(store->Counter(phone_).value(), std::nullopt) << "nothing of it";
  random_.Fail(std::nullopt);
  Enrol(*store, 1000, Phone());
  random_.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
  EXPECT_FALSE(store->Revoke(phone_).ok());
  EXPECT_FALSE(store->Credentials(1000).value().front().revoked);
}

}  // namespace
}  // namespace sekimori::login_store
