// The newest time known: on disk, and never back. Req: R17
#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

using std::chrono::seconds;

class TimeFloorTest : public StoreFixture {
 protected:
  const model::WallTime noon_{seconds{1'775'000'000}};
};

TEST_F(TimeFloorTest, KnowsNothingAtFirst) {
  EXPECT_EQ(Open()->Newest().value(), model::WallTime{});
}

TEST_F(TimeFloorTest, RisesWithEveryLoginAndNeverFalls) {
  Store store = Open();
  ASSERT_TRUE(store->KeepLogin(1000, {noon_, "login", "tty1", ""}).ok());
  EXPECT_EQ(store->Newest().value(), noon_);
  ASSERT_TRUE(store->KeepLogin(1001, {noon_ + seconds{1}, "login", "tty1", ""}).ok());
  ASSERT_TRUE(store->KeepLogin(1001, {noon_ - seconds{3600}, "login", "tty1", ""}).ok());
  store.reset();
  store = Open();
  EXPECT_EQ(store->Newest().value(), noon_ + seconds{1});
  EXPECT_EQ(store->History(1001).value().last->at, noon_ - seconds{3600}) << "told as the clock said";
}

TEST_F(TimeFloorTest, RisesWithTheClockOnceAMinute) {
  Store store = Open();
  ASSERT_TRUE(store->AdvanceFloor(noon_).ok());
  ASSERT_TRUE(store->AdvanceFloor(noon_ + seconds{59}).ok());
  EXPECT_EQ(store->Newest().value(), noon_);
  ASSERT_TRUE(store->AdvanceFloor(noon_ + seconds{60}).ok());
  ASSERT_TRUE(store->AdvanceFloor(noon_ - seconds{86400}).ok());
  store.reset();
  store = Open();
  EXPECT_EQ(store->Newest().value(), noon_ + seconds{60});
}

TEST_F(TimeFloorTest, IsAnErrorWhenItCannotBeRead) {
  const Store store = Open();
  Sql("DELETE FROM store");
  EXPECT_FALSE(store->Newest().ok());
  EXPECT_FALSE(store->AdvanceFloor(noon_).ok());
}

}  // namespace
}  // namespace sekimori::login_store
