// The embedded database under faults: writers killed at any moment, disks that fill, a damaged file. What was reported
// as stored is there, once, and verifies.
#include <fstream>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/sqlite_database.h"
#include "server/store/verify.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

std::uint64_t Findings(Collector& collector) {
  const Result<VerifyReport> report =
      VerifyStore(collector.reader(), collector.own_key().public_key(), {}, [](const VerifyProgress&) {});
  EXPECT_TRUE(report.ok());
  if (!report.ok()) return 1;
  for (const ChainReport& chain : report.value().chains)
    for (const Finding& finding : chain.findings)
      ADD_FAILURE() << chain.terminal << " " << finding.sequence << ": " << finding.detail;
  return report.value().found;
}

// Stores batches and own records without end; writes the head's sequence to the pipe after each was reported stored.
[[noreturn]] void StoreForEver(Collector& collector, FakeTerminal& terminal, int acknowledged) {
  const auto database = OpenSqlite(collector.directory());
  if (!database.ok()) ::_exit(3);
  const auto writer = database.value()->NewWriter();
  if (!writer.ok()) ::_exit(3);
  for (int i = 0;; ++i) {
    const auto prepared = terminal.Prepare(std::vector<proto::Event>(static_cast<std::size_t>(1 + i % 7), Tampered(i)));
    const auto stored = writer.value()->StoreBatches({&prepared->batch, 1}, collector.own_key());
    if (!stored.ok() || !stored.value().at(0).ok()) ::_exit(1);
    const std::uint64_t sequence = terminal.head().sequence;
    if (::write(acknowledged, &sequence, sizeof(sequence)) != sizeof(sequence)) ::_exit(2);
    if (!writer.value()->AppendOwn(collector.Record("act")).ok()) ::_exit(1);
  }
}

TEST(KilledWriter, HasStoredWhatItAcknowledgedOnceAndWhole) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  std::mt19937 random(20261121);
  for (int round = 0; round < 30; ++round) {
    int pipe[2];
    ASSERT_EQ(0, ::pipe2(pipe, O_CLOEXEC));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) StoreForEver(collector, terminal, pipe[1]);
    ::close(pipe[1]);
    // Killed after so many acknowledgements, at whatever instruction of the next ones it happens to be.
    std::uint64_t acknowledged = terminal.head().sequence;
    for (auto left = random() % 12; left > 0; --left)
      ASSERT_EQ(static_cast<ssize_t>(sizeof(acknowledged)), ::read(pipe[0], &acknowledged, sizeof(acknowledged)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
    std::uint64_t later = 0;
    while (::read(pipe[0], &later, sizeof(later)) == sizeof(later))
      acknowledged = later;
    ::close(pipe[0]);
    const chain::Head head = collector.reader().FindTerminal("t1").value().head;
    EXPECT_GE(head.sequence, acknowledged) << "an acknowledged batch is lost";
    // The terminal learns from the welcome where the collector is, and goes on from there.
    terminal.set_head(head);
  }
  EXPECT_GT(terminal.head().sequence, 100U);
  EXPECT_EQ(0U, Findings(collector));
}

// No file of this process may grow beyond the limit while it lives; writes that would are refused, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(FullDisk, RefusesWholeBatchesAndGoesOnWhenThereIsRoom) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.Store(*terminal.Prepare(std::vector<proto::Event>(10, Tampered(1))));
  const chain::Head before = terminal.head();
  const auto wal = std::filesystem::file_size(collector.directory() / "collector.db-wal");
  const auto batch = terminal.Prepare(std::vector<proto::Event>(2'000, Tampered(2)));
  {
    const FileSizeLimit limit(wal + 16'384);
    const auto stored = collector.writer().StoreBatches({&batch->batch, 1}, collector.own_key());
    ASSERT_FALSE(stored.ok()) << "a batch was acknowledged that has no room";
    EXPECT_TRUE(stored.error().code == ErrorCode::kFull || stored.error().code == ErrorCode::kIo);
    EXPECT_FALSE(
        collector.writer().AddPolicy({1, "office", "", "x", 1, "", 0, ""}, collector.Record("policy.apply")).ok());
    EXPECT_EQ(before, collector.reader().FindTerminal("t1").value().head);
  }
  collector.Store(*batch);
  EXPECT_EQ(2'010U, collector.reader().FindTerminal("t1").value().head.sequence);
  EXPECT_EQ(0U, collector.reader().NewestVersion(std::nullopt).value()) << "half a change was kept";
  EXPECT_EQ(0U, Findings(collector));
}

TEST(DamagedFile, IsReportedAndNeverPassesForGood) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (int i = 0; i < 20; ++i)
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(200, Tampered(i))));
  const std::filesystem::path copy = collector.directory() / "copy";
  std::filesystem::create_directory(copy);
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  for (const char* name : {"collector.db", "collector.db-wal"})
    std::filesystem::copy_file(collector.directory() / name, copy / name);
  // Fold the WAL in, then overwrite one byte in each of many places in turn.
  { ASSERT_TRUE(OpenSqlite(copy).ok()); }
  const std::filesystem::path file = copy / kDatabaseFile;
  const auto size = std::filesystem::file_size(file);
  std::mt19937_64 random(7);
  int noticed = 0, tried = 0;
  for (int round = 0; round < 60; ++round) {
    const auto at = static_cast<std::streamoff>(random() % size);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const int original = stream.get();
    stream.seekp(at);
    stream.put(static_cast<char>(original ^ 0x55));
    stream.close();
    ++tried;
    const auto database = OpenSqlite(copy);
    if (!database.ok()) {
      ++noticed;
    } else {
      const auto reader = database.value()->NewReader();
      const auto report =
          VerifyStore(*reader.value(), collector.own_key().public_key(), {}, [](const VerifyProgress&) {});
      if (!report.ok() || report.value().found != 0) ++noticed;
      // Where it was not noticed, it hit free space or an index: every record must still be there as it was.
      if (report.ok() && report.value().found == 0) {
        EXPECT_EQ(4'002U, report.value().records);
      }
    }
    std::fstream back(file, std::ios::in | std::ios::out | std::ios::binary);
    back.seekp(at);
    back.put(static_cast<char>(original));
  }
  EXPECT_GT(noticed, tried / 3);
}

}  // namespace
}  // namespace sekimori::store
