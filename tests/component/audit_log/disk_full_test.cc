// A disk that fills up, and one that may not be written: refused, nothing half-done, and on it goes once there is room.
#include <csignal>
#include <fstream>

#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

using DiskFullTest = LogFixture;

// Files may not grow beyond a size: what the system answers is then EFBIG, which SQLite tells as an I/O error.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

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

// A file system of its own; only root may mount one, so the test's own name says where it needs that.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& folder) : folder_(folder) {
    mounted_ = mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=512k,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

TEST_F(DiskFullTest, AsRootRefusesOnAFullDiskAndGoesOnWhenThereIsRoom) {
  fs::create_directory(path_.parent_path());
  const SmallDisk disk(path_.parent_path());
  ASSERT_TRUE(disk.mounted()) << "run as root";
  std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(10)).ok());
  const fs::path filler = path_.parent_path() / "filler";
  {
    std::ofstream file(filler, std::ios::binary);
    while (file << std::string(4096, 'x') << std::flush) {
    }
  }
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
  const auto remount = [&](unsigned long flags) {
    return mount(nullptr, path_.parent_path().c_str(), nullptr, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, nullptr);
  };
  ASSERT_EQ(remount(MS_RDONLY), 0);
  const auto opened = LogStore::Open(path_, kBootId, key_, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kIo) << ToString(opened.error());
  ASSERT_EQ(remount(0), 0);
  const std::unique_ptr<LogStore> store = OpenStore();
  EXPECT_EQ(store->quarantined(), std::nullopt);
  EXPECT_EQ(store->head().sequence, 5U);
}

}  // namespace
}  // namespace sekimori::audit_log
