// A disk that fills up, and one that may not be written: refused, nothing half-done, and on it goes once there is room.
#include <fstream>

#include "tests/component/audit_log/log_fixture.h"
#include "tests/component/sqlite/small_disk.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

using sqlite::FileSizeLimit;
using sqlite::FillUp;
using sqlite::SmallDisk;

using DiskFullTest = LogFixture;

void ExpectRefusalAndRecovery(LogStore& store, const chain::Head& head, const Status& refused) {
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().code == ErrorCode::kFull || refused.error().code == ErrorCode::kIo)
      << ToString(refused.error());
  EXPECT_EQ(store.head(), head) << "the head is where it was";
}

TEST_F(DiskFullTest, RefusesWhenAFileMayNotGrowAndGoesOnWhenItMay) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(10)).ok());
  const chain::Head head = store->head();
  const std::vector<model::Event> large = Notes(50, std::string(1500, 'x'));
  for (int i = 0; i < 3; ++i) {
    Status refused;
    {
      const FileSizeLimit limit(64 << 10);
      refused = store->Append(large);
    }
    ExpectRefusalAndRecovery(*store, head, refused);
    EXPECT_EQ(OpenReader()->Head().value(), head);
  }
  ASSERT_TRUE(store->Append(large).ok());
  EXPECT_EQ(store->head().sequence, head.sequence + large.size());
  EXPECT_FALSE(Verify().fault);
}

TEST_F(DiskFullTest, AsRootRefusesOnAFullDiskAndGoesOnWhenThereIsRoom) {
  fs::create_directory(path_.parent_path());
  const SmallDisk disk(path_.parent_path());
  ASSERT_TRUE(disk.mounted()) << "run as root";
  std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(10)).ok());
  const fs::path filler = path_.parent_path() / "filler";
  FillUp(filler);
  Status refused;
  std::uint64_t appended = 10;
  for (int i = 0; i < 1000 && refused.ok(); ++i) {
    const chain::Head head = store->head();
    refused = store->Append(Notes(5, std::string(1500, 'x')));
    if (refused.ok()) {
      appended += 5;
    } else {
      ExpectRefusalAndRecovery(*store, head, refused);
      EXPECT_EQ(refused.error().code, ErrorCode::kFull) << ToString(refused.error());
    }
  }
  ASSERT_FALSE(refused.ok()) << "the disk never filled up";
  EXPECT_FALSE(Verify().fault);

  fs::remove(filler);
  ASSERT_TRUE(store->Append(Notes(5)).ok());
  EXPECT_EQ(store->head().sequence, appended + 5);
  EXPECT_FALSE(Verify().fault);
  store.reset();
  store = OpenStore();
  EXPECT_EQ(store->quarantined(), std::nullopt) << store->quarantine_reason();
  EXPECT_EQ(store->head().sequence, appended + 5);
}

TEST_F(DiskFullTest, AsRootRefusesOnAReadOnlyDiskAndMovesNothingAside) {
  fs::create_directory(path_.parent_path());
  const SmallDisk disk(path_.parent_path());
  ASSERT_TRUE(disk.mounted()) << "run as root";
  MakeLog(5, true);
  ASSERT_TRUE(disk.MakeReadOnly(true));
  const auto opened = LogStore::Open(path_, kBootId, key_, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kIo) << ToString(opened.error());
  ASSERT_TRUE(disk.MakeReadOnly(false));
  const std::unique_ptr<LogStore> store = OpenStore();
  EXPECT_EQ(store->quarantined(), std::nullopt);
  EXPECT_EQ(store->head().sequence, 5U);
}

}  // namespace
}  // namespace sekimori::audit_log
