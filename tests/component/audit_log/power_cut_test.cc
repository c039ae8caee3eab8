// Power cuts, torn and lost writes, failing writes and syncs: what was acknowledged is there, what was not does no
// harm.
#include <fstream>
#include <random>

#include <sys/stat.h>

#include "tests/component/audit_log/log_fixture.h"
#include "tests/component/sqlite/failing_disk.h"

namespace sekimori::audit_log {
namespace {

using sqlite::FailingDisk;

namespace fs = std::filesystem;

class PowerCutTest : public LogFixture {
 protected:
  // Puts the image where a log of its own can be opened. The mark is not synced: it may be there, or not yet.
  [[nodiscard]] fs::path Restore(const FailingDisk::Image& image, bool with_mark) const {
    const fs::path place = folder_ / "after";
    fs::remove_all(place);
    fs::create_directory(place);
    EXPECT_EQ(chmod(place.c_str(), 0700), 0);
    for (const auto& [path, content] : image)
      if (fs::path(path).filename().string().starts_with("log.db"))
        std::ofstream(place / fs::path(path).filename(), std::ios::binary) << content;
    if (with_mark) fs::copy_file(folder_ / "mark", place / "log.db-mark");
    fs::remove(place / "log.db.new");
    return place / "log.db";
  }
  void CheckHolds(const fs::path& path, const chain::Head& acknowledged, const std::string& when) const {
    const auto opened = LogStore::Open(path, kBootId, key_, clock_);
    ASSERT_TRUE(opened.ok()) << when << ": " << ToString(opened.error());
    ASSERT_FALSE(opened.value()->quarantined()) << when << ": " << opened.value()->quarantine_reason();
    const auto reader = LogReader::Open(path);
    ASSERT_TRUE(reader.ok()) << when;
    const Result<chain::Hash> hash = reader.value()->HashAt(acknowledged.sequence);
    ASSERT_TRUE(hash.ok()) << when << ": " << ToString(hash.error());
    ASSERT_EQ(hash.value(), acknowledged.hash) << when;
    const VerifyReport report = VerifyLog(*reader.value(), key_.public_key()).value();
    ASSERT_FALSE(report.fault) << when << ": " << ToString(report.fault->error);
  }

  void CutTwentyTimes(unsigned seed);
};

// Twenty cuts of one log: the log is left as it would be at each, while its writer goes on.
void PowerCutTest::CutTwentyTimes(unsigned seed) {
  std::mt19937 random(seed);
  FailingDisk disk(seed);
  fs::remove_all(path_.parent_path());
  std::unique_ptr<LogStore> store = OpenStore();
  chain::Head acknowledged = store->head();
  for (int cut = 0; cut < 20; ++cut) {
    const std::string when = "cut " + std::to_string(cut) + " of seed " + std::to_string(seed);
    std::optional<FailingDisk::Image> left;
    chain::Head then;
    disk.CutAfter(static_cast<int>(random() % 60), [&](const FailingDisk::Image& image) {
      left = image;
      then = acknowledged;
      fs::copy_file(path_.parent_path() / "log.db-mark", folder_ / "mark", fs::copy_options::overwrite_existing);
    });
    while (!left) {
      ASSERT_TRUE(store->Append(Notes(random() % 20 + 1, std::string(random() % 1500, 'x'))).ok()) << when;
      acknowledged = store->head();
      if (random() % 8 == 0) {
        ASSERT_TRUE(store->WriteCheckpoint().ok()) << when;
      }
      if (random() % 16 == 0) {
        store.reset();
        store = OpenStore();
      }
    }
    CheckHolds(Restore(*left, random() % 2 == 0), then, when);
    if (HasFatalFailure()) return;
  }
}

TEST_F(PowerCutTest, LosesNothingThatWasAcknowledgedInTwoHundredCuts) {
  const auto seed = static_cast<unsigned>(std::random_device{}());
  for (unsigned log = 0; log < 10; ++log)
    ASSERT_NO_FATAL_FAILURE(CutTwentyTimes(seed + log));
}

TEST_F(PowerCutTest, NeverAcknowledgesWhatAFailingDiskDidNotTake) {
  FailingDisk disk(7);
  std::unique_ptr<LogStore> store = OpenStore();
  int refused = 0;
  // Every operation of an append, of a checkpoint and of folding the WAL into the file fails once.
  for (int operations = 0; operations < 120; ++operations) {
    const std::string when = "failing after " + std::to_string(operations);
    disk.FailAfter(operations);
    for (int i = 0; i < 40 && disk.failures() == 0; ++i) {
      const chain::Head head = store->head();
      const Status appended = store->Append(Notes(20, std::string(900, 'x')));
      if (appended.ok()) continue;
      ++refused;
      ASSERT_EQ(appended.error().code, ErrorCode::kIo) << when << ": " << ToString(appended.error());
      ASSERT_EQ(store->head(), head) << when;
      ASSERT_FALSE(store->Append(Notes(1)).ok()) << when << ": it still fails";
    }
    disk.Repair();
    ASSERT_TRUE(store->Append(Notes(1)).ok()) << when << ": it goes on";
    ASSERT_TRUE(store->WriteCheckpoint().ok()) << when;
    if (operations % 10 == 0) {
      const chain::Head head = store->head();
      store.reset();
      store = OpenStore();
      ASSERT_FALSE(store->quarantined()) << when << ": " << store->quarantine_reason();
      ASSERT_EQ(store->head(), head) << when;
      const VerifyReport report = Verify();
      ASSERT_FALSE(report.fault) << when << ": " << ToString(report.fault->error);
    }
  }
  EXPECT_GT(refused, 30) << "the failures did hit appends";
}

}  // namespace
}  // namespace sekimori::audit_log
