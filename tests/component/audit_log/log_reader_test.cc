#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::audit_log {
namespace {

using LogReaderTest = LogFixture;

TEST_F(LogReaderTest, SaysThatThereIsNoLog) {
  const auto opened = LogReader::Open(path_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
}

TEST_F(LogReaderTest, SeesWhatTheWriterCommitsMeanwhile) {
  const std::unique_ptr<LogStore> store = OpenStore();
  const std::unique_ptr<LogReader> reader = OpenReader();
  EXPECT_EQ(reader->log_id(), store->log_id());
  EXPECT_EQ(reader->Head().value(), store->head());
  EXPECT_TRUE(reader->Read(0, 10, 1000).value().empty());
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(store->Append(Notes(1)).ok());
    EXPECT_EQ(reader->Head().value(), store->head());
    EXPECT_EQ(reader->HashAt(i).value(), store->head().hash);
  }
}

TEST_F(LogReaderTest, GivesConsecutiveRecordsWithinItsBounds) {
  MakeLog(20, true);
  const std::unique_ptr<LogReader> reader = OpenReader();
  const std::vector<StoredRecord> all = reader->Read(0, 100, 1U << 20U).value();
  ASSERT_EQ(all.size(), 20U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].sequence, i + 1);
    EXPECT_EQ(Parsed(all[i]).agent_stopping().reason(), "note " + std::to_string(i + 1));
  }
  EXPECT_EQ(reader->Read(5, 3, 1U << 20U).value().size(), 3U);
  EXPECT_EQ(reader->Read(5, 3, 1U << 20U).value()[0].sequence, 6U);
  EXPECT_EQ(reader->Read(0, 100, 1).value().size(), 1U) << "one record at least";
  EXPECT_EQ(reader->Read(0, 100, all[0].payload.size() + 1).value().size(), 2U);
  EXPECT_TRUE(reader->Read(20, 100, 1000).value().empty());
  EXPECT_TRUE(reader->Read(99, 100, 1000).value().empty());
}

TEST_F(LogReaderTest, GivesWhatIsBeforeAGapAndThenNamesIt) {
  MakeLog(9, true);
  Sql("DELETE FROM records WHERE sequence = 4");
  const std::unique_ptr<LogReader> reader = OpenReader();
  EXPECT_EQ(reader->Read(0, 100, 1U << 20U).value().size(), 3U);
  const auto gap = reader->Read(3, 100, 1U << 20U);
  ASSERT_FALSE(gap.ok());
  EXPECT_EQ(gap.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(gap.error().where, "record 4");
}

TEST_F(LogReaderTest, GivesWhatIsBeforeADamagedRecordAndThenNamesIt) {
  MakeLog(9, true);
  Sql("UPDATE records SET hash = x'00' WHERE sequence = 4");
  const std::unique_ptr<LogReader> reader = OpenReader();
  const auto before = reader->Read(0, 100, 1U << 20U);
  ASSERT_TRUE(before.ok()) << "three good records were kept back";
  EXPECT_EQ(before.value().size(), 3U);
  const auto damaged = reader->Read(3, 100, 1U << 20U);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
}

TEST_F(LogReaderTest, KeepsTheAcknowledgementNextToTheRecords) {
  const std::unique_ptr<LogStore> store = OpenStore();
  ASSERT_TRUE(store->Append(Notes(5)).ok());
  const std::unique_ptr<LogReader> reader = OpenReader();
  EXPECT_EQ(reader->Acknowledged().value(), 0U);
  ASSERT_TRUE(reader->SetAcknowledged(4).ok());
  EXPECT_EQ(reader->Acknowledged().value(), 4U);
  EXPECT_EQ(OpenReader()->Acknowledged().value(), 4U);
  const Status beyond = reader->SetAcknowledged(6);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store->Append(Notes(1)).ok()) << "the uplink's note does not stop the writer";
}

TEST_F(LogReaderTest, RefusesAFileThatIsNotALog) {
  std::filesystem::create_directories(path_.parent_path());
  Sql("CREATE TABLE records (sequence INTEGER PRIMARY KEY)");
  const auto opened = LogReader::Open(path_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST_F(LogReaderTest, ReadsAndAcknowledgesFromItsOwnThreadWhileTheWriterWrites) {
  const std::unique_ptr<LogStore> store = OpenStore();
  std::atomic<std::uint64_t> written = 0;
  std::atomic<bool> reader_ok = true;
  std::thread uplink([&] {
    const std::unique_ptr<LogReader> reader = OpenReader();
    chain::Verifier verifier(reader->Base().value());
    while (verifier.head().sequence < 2000 && reader_ok) {
      const auto records = reader->Read(verifier.head().sequence, 300, 1U << 20U);
      reader_ok = records.ok();
      for (std::size_t i = 0; reader_ok && i < records.value().size(); ++i) {
        const StoredRecord& record = records.value()[i];
        reader_ok = verifier.Take(record.sequence, record.payload, record.hash).ok();
      }
      if (reader_ok) reader_ok = reader->SetAcknowledged(verifier.head().sequence).ok();
    }
  });
  while (written < 2000 && reader_ok) {
    ASSERT_TRUE(store->Append(Notes(50)).ok());
    written = store->head().sequence;
  }
  uplink.join();
  EXPECT_TRUE(reader_ok);
  EXPECT_EQ(OpenReader()->Acknowledged().value(), 2000U);
}

// A log written once and kept: what an earlier version wrote stays readable.
TEST_F(LogReaderTest, ReadsTheLogThatIsKeptAsAVector) {
  std::filesystem::copy(std::filesystem::path(SEKIMORI_SOURCE_DIR) / "tests/vectors/log", path_.parent_path());
  std::ifstream file(path_.parent_path() / "terminal.der", std::ios::binary);
  const std::string der((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(der);
  ASSERT_TRUE(key.ok());
  const std::unique_ptr<LogReader> reader = OpenReader();
  const VerifyReport report = VerifyLog(*reader, key.value()).value();
  EXPECT_FALSE(report.fault) << ToString(report.fault->error);
  EXPECT_EQ(report.first.sequence, 12U);
  EXPECT_EQ(report.records, 19U);
  EXPECT_EQ(report.checkpoints, 4U);
  EXPECT_EQ(report.unsigned_tail, 6U);
  const std::vector<StoredRecord> records = reader->Read(12, 100, 1U << 20U).value();
  ASSERT_EQ(records.size(), 19U);
  EXPECT_EQ(Parsed(records[1]).device_judged().device().product_name(), "Cruzer ************");
  EXPECT_EQ(Parsed(records[6]).records_pruned().first_kept(), 13U);
}

class PruneTest : public LogFixture {
 protected:
  // Three days of ten records each, a checkpoint after each day.
  void SetUp() override {
    LogFixture::SetUp();
    store_ = OpenStore();
    for (int day = 0; day < 3; ++day) {
      for (int i = 0; i < 10; ++i) {
        const model::Event event = Note("day " + std::to_string(day), clock_.now);
        ASSERT_TRUE(store_->Append(std::span(&event, 1)).ok());
      }
      ASSERT_TRUE(store_->WriteCheckpoint().ok());
      clock_.now += std::chrono::hours(24);
    }
    reader_ = OpenReader();
  }
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<LogReader> reader_;
};

TEST_F(PruneTest, KeepsEverythingThatIsNotAcknowledged) {
  ASSERT_TRUE(store_->Prune(std::chrono::hours(0)).ok());
  EXPECT_EQ(reader_->Base().value().sequence, 0U);
  EXPECT_EQ(store_->head().sequence, 30U);
}

TEST_F(PruneTest, DeletesUpToTheLastCheckpointThatIsOldAndAcknowledged) {
  ASSERT_TRUE(reader_->SetAcknowledged(25).ok());
  const chain::Hash at_twenty = reader_->HashAt(20).value();
  ASSERT_TRUE(store_->Prune(std::chrono::hours(0)).ok());
  EXPECT_EQ(reader_->Base().value(), (chain::Head{20, at_twenty}));
  EXPECT_EQ(reader_->HashAt(20).value(), at_twenty);
  EXPECT_EQ(reader_->HashAt(19).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(reader_->Read(19, 10, 1000).error().code, ErrorCode::kNotFound);

  const std::vector<StoredRecord> kept = reader_->Read(20, 100, 1U << 20U).value();
  ASSERT_EQ(kept.size(), 11U);
  EXPECT_EQ(Parsed(kept.back()).records_pruned().first_kept(), 21U);
  const VerifyReport report = Verify();
  EXPECT_FALSE(report.fault) << ToString(report.fault->error);
  EXPECT_EQ(report.records, 11U);
  EXPECT_EQ(report.unsigned_tail, 0U);
}

TEST_F(PruneTest, KeepsWhatIsYoungerThanAsked) {
  ASSERT_TRUE(reader_->SetAcknowledged(30).ok());
  ASSERT_TRUE(store_->Prune(std::chrono::hours(60)).ok());
  EXPECT_EQ(reader_->Base().value().sequence, 10U);
  ASSERT_TRUE(store_->Prune(std::chrono::hours(60)).ok());
  EXPECT_EQ(store_->head().sequence, 31U) << "nothing more to delete, nothing more to tell";
}

TEST_F(PruneTest, DoesNotBelieveAClockThatIsYearsAheadAtTheStart) {
  ASSERT_TRUE(reader_->SetAcknowledged(30).ok());
  store_.reset();
  clock_.set_by = std::chrono::hours(24 * 3650);
  store_ = OpenStore();
  ASSERT_TRUE(store_->Append(std::array{Note("start", clock_.Now())}).ok());
  ASSERT_TRUE(store_->Prune(std::chrono::hours(24 * 400)).ok());
  EXPECT_EQ(reader_->Base().value().sequence, 0U);
  clock_.now += std::chrono::hours(24 * 402);  // so long it runs
  ASSERT_TRUE(store_->Prune(std::chrono::hours(24 * 400)).ok());
  EXPECT_EQ(reader_->Base().value().sequence, 30U);
}

TEST_F(PruneTest, SaysWhetherThereIsMore) {
  ASSERT_TRUE(store_->Append(Notes(6000)).ok());
  ASSERT_TRUE(store_->WriteCheckpoint().ok());
  ASSERT_TRUE(store_->Append(Notes(100)).ok());
  ASSERT_TRUE(store_->WriteCheckpoint().ok());
  ASSERT_TRUE(reader_->SetAcknowledged(6130).ok());
  clock_.now += std::chrono::hours(24);
  const Result<bool> first = store_->Prune(std::chrono::hours(1));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value());
  EXPECT_EQ(reader_->Base().value().sequence, 6030U);
  const Result<bool> second = store_->Prune(std::chrono::hours(1));
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second.value());
  EXPECT_EQ(reader_->Base().value().sequence, 6130U);
}

TEST_F(PruneTest, LeavesALogThatGoesOnAfterBeingOpenedAgain) {
  ASSERT_TRUE(reader_->SetAcknowledged(30).ok());
  ASSERT_TRUE(store_->Prune(std::chrono::hours(0)).ok());
  store_.reset();
  store_ = OpenStore();
  EXPECT_EQ(store_->quarantined(), std::nullopt);
  ASSERT_TRUE(store_->Append(Notes(3)).ok());
  const VerifyReport report = Verify();
  EXPECT_FALSE(report.fault) << ToString(report.fault->error);
  EXPECT_EQ(report.first.sequence, 30U);
  EXPECT_EQ(report.records, 4U);
}

}  // namespace
}  // namespace sekimori::audit_log
