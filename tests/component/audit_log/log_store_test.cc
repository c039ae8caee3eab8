#include "agent/audit_log/log_store.h"

#include <functional>

#include <sys/stat.h>

#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

using LogStoreTest = LogFixture;

mode_t ModeOf(const fs::path& path) {
  struct stat facts {};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777U;
}

TEST_F(LogStoreTest, BeginsEmptyWithTheGenesisHash) {
  const std::unique_ptr<LogStore> store = OpenStore();
  EXPECT_EQ(store->head(), (chain::Head{0, chain::GenesisHash(store->log_id())}));
  EXPECT_FALSE(store->unclean_stop_before());
  EXPECT_EQ(store->quarantined(), std::nullopt);
}

TEST_F(LogStoreTest, KeepsItsFilesFromOthersWhateverTheUmask) {
  const mode_t before = umask(0);
  const std::unique_ptr<LogStore> store = OpenStore();
  const Status appended = store->Append(Notes(1));
  umask(before);
  ASSERT_TRUE(appended.ok());
  EXPECT_EQ(ModeOf(path_.parent_path()), 0700U);
  for (const auto& entry : fs::directory_iterator(path_.parent_path()))
    EXPECT_EQ(ModeOf(entry.path()), 0600U) << entry.path();
}

TEST_F(LogStoreTest, RefusesAFolderOthersMayWriteIn) {
  fs::create_directory(path_.parent_path());
  ASSERT_EQ(chmod(path_.parent_path().c_str(), 0770), 0);
  const auto opened = LogStore::Open(path_, kBootId, key_, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kDenied);
}

TEST_F(LogStoreTest, RefusesASecondWriter) {
  const std::unique_ptr<LogStore> store = OpenStore();
  const auto second = LogStore::Open(path_, kBootId, key_, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store->Append(Notes(1)).ok());
}

TEST_F(LogStoreTest, ContinuesItsChainAfterOpeningAgain) {
  chain::LogId id{};
  chain::Head head;
  {
    const std::unique_ptr<LogStore> store = OpenStore();
    ASSERT_TRUE(store->Append(Notes(3)).ok());
    id = store->log_id();
    head = store->head();
    EXPECT_EQ(head.sequence, 3U);
  }
  const std::unique_ptr<LogStore> store = OpenStore();
  EXPECT_EQ(store->log_id(), id);
  EXPECT_EQ(store->head(), head);
  ASSERT_TRUE(store->Append(Notes(2)).ok());
  const VerifyReport report = Verify();
  EXPECT_FALSE(report.fault) << ToString(report.fault->error);
  EXPECT_EQ(report.records, 5U);
  EXPECT_EQ(report.head, store->head());
}

TEST_F(LogStoreTest, TellsWhetherItWasStoppedInGoodOrder) {
  MakeLog(3, false);
  EXPECT_TRUE(OpenStore()->unclean_stop_before());
  ASSERT_TRUE(OpenStore()->MarkCleanStop().ok());
  EXPECT_FALSE(OpenStore()->unclean_stop_before());
  EXPECT_TRUE(OpenStore()->unclean_stop_before()) << "the run before did not mark its stop";
}

TEST_F(LogStoreTest, TakesTheNoteOfACleanStopBackWhenItGoesOn) {
  {
    const std::unique_ptr<LogStore> store = OpenStore();
    ASSERT_TRUE(store->MarkCleanStop().ok());
    ASSERT_TRUE(store->Append(Notes(1)).ok());
  }
  EXPECT_TRUE(OpenStore()->unclean_stop_before());
}

TEST_F(LogStoreTest, SignsTheHeadOnlyWhenRecordsWereAdded) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->WriteCheckpoint().ok());
  const std::unique_ptr<LogReader> reader = OpenReader();
  EXPECT_TRUE(reader->Checkpoints(0, 10).value().empty());
  ASSERT_TRUE(store->Append(Notes(2)).ok());
  ASSERT_TRUE(store->WriteCheckpoint().ok());
  ASSERT_TRUE(store->WriteCheckpoint().ok());
  const std::vector<chain::Checkpoint> checkpoints = reader->Checkpoints(0, 10).value();
  ASSERT_EQ(checkpoints.size(), 1U);
  EXPECT_EQ(checkpoints[0].head, store->head());
  EXPECT_EQ(checkpoints[0].time_us, clock_.now.time_since_epoch().count());
  EXPECT_TRUE(chain::VerifyCheckpoint(key_.public_key(), checkpoints[0]).ok());
}

TEST_F(LogStoreTest, MasksIndividualNumbersBeforeTheyReachTheFile) {
  {
    const std::unique_ptr<LogStore> store = OpenStore();
    const model::Event event = Note("住民 123456789018 の持出し、番号 １２３４－５６７８－９０１８");
    ASSERT_TRUE(store->Append(std::span(&event, 1)).ok());
    const std::string reason = Parsed(OpenReader()->Read(0, 1, 1).value()[0]).agent_stopping().reason();
    EXPECT_EQ(reason, "住民 ************ の持出し、番号 ＊＊＊＊－＊＊＊＊－＊＊＊＊");
    ASSERT_TRUE(store->MarkCleanStop().ok());
  }
  EXPECT_EQ(Parsed(OpenReader()->Read(0, 1, 1).value()[0]).boot_id(), kBootId) << "an identifier is not masked";
}

TEST_F(LogStoreTest, FindsThatSomebodyElseAppended) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(3)).ok());
  const chain::Head head = store->head();
  Sql("UPDATE log SET head_sequence = 2");
  const Status appended = store->Append(Notes(1));
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kConflict);
  EXPECT_EQ(store->head(), head);
}

TEST_F(LogStoreTest, FindsThatItsFileWasDeletedMovedOrReplaced) {
  const fs::path elsewhere = folder_ / "elsewhere.db";
  const std::function<void()> deeds[] = {
      [&] { fs::remove(path_); },
      [&] { fs::rename(path_, elsewhere); },
      [&] {
        fs::rename(path_, elsewhere);
        fs::copy_file(elsewhere, path_);
      },
  };
  for (const auto& deed : deeds) {
    const std::unique_ptr<LogStore> store = OpenStore();
    ASSERT_TRUE(store->Append(Notes(3)).ok());
    const chain::Head head = store->head();
    deed();
    const Status appended = store->Append(Notes(1));
    ASSERT_FALSE(appended.ok());
    EXPECT_EQ(appended.error().code, ErrorCode::kConflict);
    EXPECT_EQ(store->head(), head);
    fs::remove_all(path_.parent_path());
  }
}

TEST_F(LogStoreTest, AppendsNothingWhenOneOfTheGroupCannotBeStored) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(2)).ok());
  const chain::Head head = store->head();
  // A record that is in the way of the group's third one.
  Sql("INSERT INTO records VALUES (5, x'00', x'00')");
  const Status appended = store->Append(Notes(4));
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kConflict);
  EXPECT_EQ(store->head(), head);
  Sql("DELETE FROM records WHERE sequence = 5");
  ASSERT_TRUE(store->Append(Notes(1)).ok());
  EXPECT_EQ(store->head().sequence, 3U);
  EXPECT_FALSE(Verify().fault);
}

TEST_F(LogStoreTest, AnswersUnavailableWhileAnotherConnectionHoldsTheLogAndRecovers) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(1)).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const Status appended = store->Append(Notes(1));
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store->head().sequence, 1U);
  EXPECT_TRUE(store->Append(Notes(1)).ok());
  EXPECT_EQ(store->head().sequence, 2U);
}

}  // namespace
}  // namespace sekimori::audit_log
