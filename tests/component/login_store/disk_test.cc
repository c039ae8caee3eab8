// A disk that is full, and one that may not be written: refused, nothing half-done, and on it goes once there is room.
#include "tests/component/login_store/store_fixture.h"
#include "tests/component/sqlite/small_disk.h"

namespace sekimori::login_store {
namespace {

namespace fs = std::filesystem;

using DiskTest = StoreFixture;

void ExpectRefused(const Status& status) {
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(status.error().code == ErrorCode::kFull || status.error().code == ErrorCode::kIo)
      << ToString(status.error());
}

TEST_F(DiskTest, CountsNothingThatAFileMayNotGrowFor) {
  const Store store = Open();
  Enrol(*store, 1000, Phone());
  ASSERT_EQ(store->CountTry(phone_).value(), 1U);
  {
    const sqlite::FileSizeLimit limit(1);
    const Result<std::uint32_t> counted = store->CountTry(phone_);
    ASSERT_FALSE(counted.ok());
    ExpectRefused(counted.error());
    ExpectRefused(store->ClearTries(phone_));
    ExpectRefused(store->AdvanceCounter(phone_, 5));
    ExpectRefused(store->KeepLogin(1000, {model::WallTime{std::chrono::seconds{9}}, "login", "tty1", ""}));
    ExpectRefused(store->Enrol(1000, {Phone("second"), model::Secret("seed")}));
    ExpectRefused(store->Revoke(phone_));
    EXPECT_EQ(store->Tries(phone_).value(), 1U) << "it still answers";
  }
  EXPECT_EQ(store->Counter(phone_).value(), std::nullopt);
  EXPECT_EQ(store->Newest().value(), model::WallTime{});
  EXPECT_EQ(store->Credentials(1000).value(), std::vector{Phone()});
  EXPECT_EQ(store->CountTry(phone_).value(), 2U) << "it goes on where it stood";
}

TEST_F(DiskTest, AsRootRefusesOnAFullDiskAndGoesOnWhenThereIsRoom) {
  const sqlite::SmallDisk disk(folder_);
  ASSERT_TRUE(disk.mounted()) << "run as root";
  Store store = Open();
  Enrol(*store, 1000, Phone());
  sqlite::FillUp(folder_ / "filler");
  Status refused;
  std::uint32_t counted = 0;
  for (int i = 0; i < 1000 && refused.ok(); ++i) {
    const Result<std::uint32_t> tries = store->CountTry(phone_);
    if (tries.ok())
      counted = tries.value();
    else
      refused = tries.error();
  }
  ASSERT_FALSE(refused.ok()) << "the disk never filled up";
  EXPECT_EQ(refused.error().code, ErrorCode::kFull) << ToString(refused.error());
  EXPECT_EQ(store->Tries(phone_).value(), counted);
  fs::remove(folder_ / "filler");
  EXPECT_EQ(store->CountTry(phone_).value(), counted + 1);
  store.reset();
  store = Open();
  EXPECT_EQ(store->Tries(phone_).value(), counted + 1);
}

TEST_F(DiskTest, AsRootMakesNothingHalfOnAFullDisk) {
  const sqlite::SmallDisk disk(folder_);
  ASSERT_TRUE(disk.mounted()) << "run as root";
  sqlite::FillUp(folder_ / "filler");
  EXPECT_EQ(OpenError(), ErrorCode::kFull);
  EXPECT_FALSE(fs::exists(Database()));
  EXPECT_FALSE(fs::exists(Key()));
  fs::remove(folder_ / "filler");
  EXPECT_EQ(OpenError(), std::nullopt);
}

TEST_F(DiskTest, AsRootDoesNotOpenWhatCannotBeWritten) {
  const sqlite::SmallDisk disk(folder_);
  ASSERT_TRUE(disk.mounted()) << "run as root";
  Enrol(*Open(), 1000, Phone(), "seed");
  ASSERT_TRUE(disk.MakeReadOnly(true));
  EXPECT_EQ(OpenError(), ErrorCode::kIo);
  ASSERT_TRUE(disk.MakeReadOnly(false));
  EXPECT_EQ(Open()->SecretOf(phone_).value().bytes(), "seed");
}

}  // namespace
}  // namespace sekimori::login_store
