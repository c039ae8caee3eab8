// Everything somebody could do to the file: found by the verifier, or at the next start.
#include <fstream>
#include <functional>

#include <sys/stat.h>

#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

class MutationTest : public LogFixture {
 protected:
  // A log of 35 records with checkpoints over 10, 20 and 30, closed in good order (which signs 35), without a WAL.
  void SetUp() override {
    LogFixture::SetUp();
    MakeLog(35, true);
  }
  [[nodiscard]] fs::path Beside(const char* suffix) const { return path_.string() + suffix; }
  [[nodiscard]] std::size_t QuarantinedFiles() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path_.parent_path()))
      count += entry.path().filename().string().find("log.db.quarantined-") == 0 ? 1 : 0;
    return count;
  }
};

struct Mutation {
  const char* name;
  const char* sql;
  std::uint64_t sequence;  // where the verifier must point to
};

constexpr Mutation kMutations[] = {
    {"payload edited", "UPDATE records SET payload = x'0801' WHERE sequence = 17", 17},
    {"payload emptied", "UPDATE records SET payload = x'' WHERE sequence = 17", 17},
    {"hash changed", "UPDATE records SET hash = zeroblob(32) WHERE sequence = 17", 17},
    {"hash of another length", "UPDATE records SET hash = x'00' WHERE sequence = 17", 17},
    {"first record deleted", "DELETE FROM records WHERE sequence = 1", 1},
    {"record in the middle deleted", "DELETE FROM records WHERE sequence = 17", 17},
    {"record in the middle deleted and the rest moved up",
     "DELETE FROM records WHERE sequence = 17;"
     "UPDATE records SET sequence = -(sequence - 1) WHERE sequence > 17;"
     "UPDATE records SET sequence = -sequence WHERE sequence < 0",
     17},
    {"two swapped",
     "UPDATE records SET sequence = -8 WHERE sequence = 8; UPDATE records SET sequence = 8 WHERE sequence = 9;"
     "UPDATE records SET sequence = 9 WHERE sequence = -8",
     8},
    {"payloads swapped",
     "UPDATE records SET payload = (SELECT payload FROM records WHERE sequence = 9) WHERE sequence = 8", 8},
    {"record inserted before the first", "INSERT INTO records VALUES (0, zeroblob(32), x'')", 1},
    {"record added", "INSERT INTO records VALUES (36, zeroblob(32), x'0801')", 36},
    {"tail deleted", "DELETE FROM records WHERE sequence > 32", 33},
    {"tail deleted with its checkpoints",
     "DELETE FROM records WHERE sequence > 32; DELETE FROM checkpoints WHERE sequence > 32", 33},
    {"tail deleted, its checkpoints too, and the noted head put back",
     "DELETE FROM records WHERE sequence > 30; DELETE FROM checkpoints WHERE sequence > 30;"
     "UPDATE log SET head_sequence = 30, head_hash = (SELECT hash FROM records WHERE sequence = 30)",
     31},
    {"everything deleted", "DELETE FROM records", 1},
    {"noted head's hash changed", "UPDATE log SET head_hash = zeroblob(32)", 35},
    {"checkpoint's hash changed", "UPDATE checkpoints SET hash = zeroblob(32) WHERE sequence = 20", 20},
    {"checkpoint's time changed", "UPDATE checkpoints SET time_us = time_us + 1 WHERE sequence = 20", 20},
    {"checkpoint's signature changed", "UPDATE checkpoints SET signature = x'30060201010201ff' WHERE sequence = 20",
     20},
    {"checkpoint's signature removed", "UPDATE checkpoints SET signature = x'' WHERE sequence = 20", 20},
    {"checkpoint moved to another record", "UPDATE checkpoints SET sequence = 21 WHERE sequence = 20", 21},
    {"another log id", "UPDATE log SET log_id = zeroblob(16)", 0},
    {"front cut off where no checkpoint is",
     "UPDATE log SET base_sequence = 15, base_hash = (SELECT hash FROM records WHERE sequence = 15);"
     "DELETE FROM records WHERE sequence <= 15; DELETE FROM checkpoints WHERE sequence < 15",
     0},
    {"front cut off at a checkpoint",
     "UPDATE log SET base_sequence = 20, base_hash = (SELECT hash FROM records WHERE sequence = 20);"
     "DELETE FROM records WHERE sequence <= 20; DELETE FROM checkpoints WHERE sequence < 20",
     20},
    {"front cut off at a checkpoint, pointing at a record that tells nothing of it",
     "UPDATE log SET base_sequence = 20, base_hash = (SELECT hash FROM records WHERE sequence = 20), pruned_at = 22;"
     "DELETE FROM records WHERE sequence <= 20; DELETE FROM checkpoints WHERE sequence < 20",
     20},
};

TEST_F(MutationTest, VerifierHoldsWhatWasNotAltered) {
  const VerifyReport report = Verify();
  EXPECT_FALSE(report.fault) << ToString(report.fault->error);
  EXPECT_EQ(report.records, 35U);
  EXPECT_EQ(report.checkpoints, 4U);
  EXPECT_EQ(report.unsigned_tail, 0U);
}

TEST_F(MutationTest, VerifierFindsEveryAlteration) {
  const fs::path good = folder_ / "good.db";
  fs::copy_file(path_, good);
  for (const Mutation& mutation : kMutations) {
    fs::remove(Beside("-wal"));
    fs::remove(Beside("-shm"));
    fs::copy_file(good, path_, fs::copy_options::overwrite_existing);
    Sql(mutation.sql);
    const VerifyReport report = Verify();
    ASSERT_TRUE(report.fault) << mutation.name;
    EXPECT_EQ(report.fault->sequence, mutation.sequence) << mutation.name << ": " << ToString(report.fault->error);
  }
}

TEST_F(MutationTest, NextStartMovesAsideWhatWasAlteredNearTheEnd) {
  const fs::path good = folder_ / "good.db";
  fs::copy_file(path_, good);
  fs::copy_file(Beside("-mark"), folder_ / "good.mark");
  for (const Mutation& mutation : kMutations) {
    // These lie in what only the verifier goes over: older checkpoints, and what was cut off the front.
    const std::string_view name = mutation.name;
    if (name.starts_with("checkpoint") || name.starts_with("front") || name.starts_with("record inserted")) continue;
    fs::remove_all(path_.parent_path());
    fs::create_directory(path_.parent_path());
    fs::copy_file(good, path_);
    fs::copy_file(folder_ / "good.mark", Beside("-mark"));
    Sql(mutation.sql);
    const std::unique_ptr<LogStore> store = OpenStore();
    ASSERT_NE(store, nullptr) << mutation.name;
    ASSERT_TRUE(store->quarantined()) << mutation.name;
    EXPECT_TRUE(fs::exists(*store->quarantined())) << mutation.name;
    EXPECT_FALSE(store->quarantine_reason().empty());
    EXPECT_EQ(store->head().sequence, 0U) << mutation.name;
    EXPECT_TRUE(store->Append(Notes(1)).ok()) << mutation.name;
  }
}

struct Damage {
  const char* name;
  std::function<void(const fs::path&)> apply;
};

void Truncate(const fs::path& path, std::uintmax_t size) {
  fs::resize_file(path, size);
}

void FlipBits(const fs::path& path, std::uintmax_t at, std::size_t count) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (std::size_t i = 0; i < count; ++i) {
    file.seekg(static_cast<std::streamoff>(at + i));
    const int byte = file.get();
    ASSERT_NE(byte, EOF);
    file.seekp(static_cast<std::streamoff>(at + i));
    file.put(static_cast<char>(byte ^ 0x55));
  }
}

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uintmax_t PlaceOf(const fs::path& path, std::string_view text) {
  const std::size_t at = Contents(path).find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return at;
}

TEST_F(MutationTest, NoFlippedBitChangesARecordUnseen) {
  const std::string good = Contents(path_);
  std::vector<std::string> payloads;
  for (const StoredRecord& record : OpenReader()->Read(0, 100, 1U << 20U).value())
    payloads.push_back(record.payload);
  ASSERT_EQ(payloads.size(), 35U);
  std::size_t seen = 0;
  for (std::size_t at = 0; at < good.size(); at += 83) {
    fs::remove(Beside("-wal"));
    fs::remove(Beside("-shm"));
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    std::ofstream(path_, std::ios::binary) << flipped;
    const auto reader = LogReader::Open(path_);
    const auto report = reader.ok() ? VerifyLog(*reader.value(), key_.public_key()) : Result<VerifyReport>(Error{});
    if (!report.ok() || report.value().fault) {
      ++seen;
      continue;
    }
    const auto records = reader.value()->Read(0, 100, 1U << 20U);
    ASSERT_TRUE(records.ok()) << "byte " << at;
    ASSERT_EQ(records.value().size(), payloads.size()) << "byte " << at;
    for (std::size_t i = 0; i < payloads.size(); ++i)
      ASSERT_EQ(records.value()[i].payload, payloads[i]) << "byte " << at;
  }
  EXPECT_GT(seen, 20U) << "the rest lies in places that hold nothing";
}

TEST_F(MutationTest, NextStartMovesADamagedFileAsideAndGoesOn) {
  const Damage damages[] = {
      {"cut to nothing", [](const fs::path& p) { Truncate(p, 0); }},
      {"cut inside the header", [](const fs::path& p) { Truncate(p, 50); }},
      {"cut to one page", [](const fs::path& p) { Truncate(p, 4096); }},
      {"cut in half", [](const fs::path& p) { Truncate(p, fs::file_size(p) / 2); }},
      {"bits flipped in the header", [](const fs::path& p) { FlipBits(p, 0, 16); }},
      {"bits flipped in the schema", [](const fs::path& p) { FlipBits(p, 4096 - 200, 200); }},
      {"bits flipped in a record", [](const fs::path& p) { FlipBits(p, PlaceOf(p, "note 33"), 1); }},
      {"overwritten", [](const fs::path& p) { std::ofstream(p, std::ios::binary) << std::string(20'000, 'x'); }},
      {"deleted", [](const fs::path& p) { fs::remove(p); }},
      {"another SQLite file",
       [](const fs::path& p) {
         fs::remove(p);
         sqlite3* database = nullptr;
         ASSERT_EQ(sqlite3_open(p.c_str(), &database), SQLITE_OK);
         ASSERT_EQ(sqlite3_exec(database, "CREATE TABLE t (x)", nullptr, nullptr, nullptr), SQLITE_OK);
         sqlite3_close(database);
       }},
  };
  const fs::path good = folder_ / "good";
  fs::copy(path_.parent_path(), good);
  for (const Damage& damage : damages) {
    fs::remove_all(path_.parent_path());
    fs::create_directory(path_.parent_path());
    fs::copy(good, path_.parent_path());
    damage.apply(path_);
    {
      const std::unique_ptr<LogStore> store = OpenStore();
      ASSERT_NE(store, nullptr) << damage.name;
      ASSERT_TRUE(store->quarantined()) << damage.name;
      EXPECT_GE(QuarantinedFiles(), 1U) << damage.name;
      EXPECT_EQ(store->head().sequence, 0U) << damage.name;
      ASSERT_TRUE(store->Append(Notes(3)).ok()) << damage.name;
    }
    EXPECT_EQ(OpenStore()->quarantined(), std::nullopt) << damage.name << ": the new log is sound";
    EXPECT_FALSE(Verify().fault) << damage.name;
  }
}

TEST_F(MutationTest, NextStartFindsADamagedOrDeletedWal) {
  // The store is still open: what it appended is in the WAL only. The files are taken as a crash would leave them.
  const std::unique_ptr<LogStore> store = OpenStore();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(store->Append(Notes(1)).ok());
  const fs::path crashed = folder_ / "crashed";
  fs::copy(path_.parent_path(), crashed);
  ASSERT_GT(fs::file_size(crashed / "log.db-wal"), 20U * 4096U);

  const Damage damages[] = {
      {"deleted", [](const fs::path& p) { fs::remove(p); }},
      {"cut to nothing", [](const fs::path& p) { Truncate(p, 0); }},
      {"cut in half", [](const fs::path& p) { Truncate(p, fs::file_size(p) / 2); }},
      {"bits flipped in its header", [](const fs::path& p) { FlipBits(p, 8, 8); }},
      {"bits flipped in the middle", [](const fs::path& p) { FlipBits(p, fs::file_size(p) / 2, 1); }},
      {"bits flipped near its end", [](const fs::path& p) { FlipBits(p, fs::file_size(p) - 2000, 1); }},
  };
  for (const Damage& damage : damages) {
    const fs::path place = folder_ / "place";
    fs::remove_all(place);
    fs::copy(crashed, place);
    ASSERT_EQ(chmod(place.c_str(), 0700), 0);
    fs::remove(place / "log.db-shm");
    damage.apply(place / "log.db-wal");
    const auto opened = LogStore::Open(place / "log.db", kBootId, key_, clock_);
    ASSERT_TRUE(opened.ok()) << damage.name << ": " << ToString(opened.error());
    ASSERT_TRUE(opened.value()->quarantined()) << damage.name;
    EXPECT_NE(opened.value()->quarantine_reason().find("was stored, but the log now ends with"), std::string::npos)
        << damage.name << ": " << opened.value()->quarantine_reason();
  }
  fs::remove_all(folder_ / "place");
  fs::copy(crashed, folder_ / "place");
  ASSERT_EQ(chmod((folder_ / "place").c_str(), 0700), 0);
  const auto whole = LogStore::Open(folder_ / "place" / "log.db", kBootId, key_, clock_);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole.value()->quarantined(), std::nullopt) << whole.value()->quarantine_reason();
  EXPECT_EQ(whole.value()->head(), store->head());
}

TEST_F(MutationTest, NextStartMovesAsideALogOfAnotherKey) {
  const signing::SigningKey other = std::move(signing::SigningKey::Generate()).value();
  const auto opened = LogStore::Open(path_, kBootId, other, clock_);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened.value()->quarantined());
}

TEST_F(MutationTest, NextStartRefusesPlantedTriggers) {
  Sql("CREATE TRIGGER quiet BEFORE INSERT ON records BEGIN SELECT raise(ignore); END");
  EXPECT_TRUE(OpenStore()->quarantined());
}

TEST_F(MutationTest, NextStartLeavesANewerFormatAlone) {
  Sql("PRAGMA user_version = 2");
  const auto opened = LogStore::Open(path_, kBootId, key_, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(QuarantinedFiles(), 0U);
}

TEST_F(MutationTest, VerifierRefusesAnotherKey) {
  const signing::SigningKey other = std::move(signing::SigningKey::Generate()).value();
  const VerifyReport report = VerifyLog(*OpenReader(), other.public_key()).value();
  ASSERT_TRUE(report.fault);
  EXPECT_EQ(report.fault->error.code, ErrorCode::kUntrusted);
  EXPECT_EQ(report.fault->sequence, 10U);
  EXPECT_EQ(report.checkpoints, 0U);
}

}  // namespace
}  // namespace sekimori::audit_log
