// The file itself: who may read it, whose it is, which version wrote it.
#include <fstream>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "server/store/registry_rows.h"
#include "server/store/sqlite_database.h"
#include "server/store/sqlite_writer.h"
#include "server/store/verify.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

namespace fs = std::filesystem;

fs::perms Mode(const fs::path& path) {
  return fs::status(path).permissions() & fs::perms::mask;
}

void Execute(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open(file.c_str(), &database));
  EXPECT_EQ(SQLITE_OK, sqlite3_exec(database, sql, nullptr, nullptr, nullptr)) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

ErrorCode OpenCode(const Collector& collector) {
  const auto opened = OpenSqlite(collector.directory());
  return opened.ok() ? ErrorCode::kInternal : opened.error().code;
}

TEST(Database, IsReadableByItsOwnerAlone) {
  const ::mode_t before = ::umask(0);
  Collector collector;
  collector.AddToken("tok", 1);
  ::umask(before);
  const fs::path file = collector.directory() / kDatabaseFile;
  const fs::perms closed = fs::perms::owner_read | fs::perms::owner_write;
  for (const char* suffix : {"", "-wal", "-shm"})
    EXPECT_EQ(closed, Mode(file.string() + suffix)) << suffix;
}

TEST(Database, IsNotOpenedWhenOthersCanReadIt) {
  Collector collector;
  fs::permissions(collector.directory() / kDatabaseFile, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(ErrorCode::kDenied, OpenCode(collector));
}

TEST(Database, IsNotMadeInAnOpenDirectoryNorTwice) {
  Collector collector;
  const Site site = collector.reader().GetSite().value();
  EXPECT_EQ(ErrorCode::kExists, CreateSqlite(collector.directory(), site).error().code);
  EXPECT_TRUE(collector.reader().GetSite().ok());
  fs::permissions(collector.directory(), fs::perms::others_exec, fs::perm_options::add);
  EXPECT_EQ(ErrorCode::kDenied, CreateSqlite(collector.directory(), site).error().code);
}

TEST(Database, RemembersTheSite) {
  Collector collector;
  const Site site = collector.reader().GetSite().value();
  EXPECT_EQ("site-1", site.id);
  EXPECT_EQ("City of Testing", site.name);
  EXPECT_EQ((std::vector<std::string>{"collector.test", "192.0.2.1"}), site.hosts);
  EXPECT_EQ(7443, site.port);
  EXPECT_EQ(collector.own_key().public_key().spki_der(), site.own_key_spki);
  EXPECT_EQ(0xee, site.own_log_id[0]);
}

TEST(Database, IsRefusedWhenMissingForeignNewerOrDamaged) {
  Collector missing, foreign, newer, damaged;
  fs::remove(missing.directory() / kDatabaseFile);
  EXPECT_EQ(ErrorCode::kNotFound, OpenCode(missing));
  Execute(foreign.directory() / kDatabaseFile, "PRAGMA application_id=1");
  EXPECT_EQ(ErrorCode::kUnsupported, OpenCode(foreign));
  Execute(newer.directory() / kDatabaseFile, "PRAGMA user_version=99");
  EXPECT_EQ(ErrorCode::kUnsupported, OpenCode(newer));
  const fs::path file = damaged.directory() / kDatabaseFile;
  for (const char* suffix : {"-wal", "-shm"})
    fs::remove(file.string() + suffix);
  std::ofstream(file, std::ios::trunc) << std::string(8192, 'x');
  EXPECT_EQ(ErrorCode::kCorrupt, OpenCode(damaged));
}

// Made before terminals were moved by a policy of their own: nothing in it changes but the version of its schema.
TEST(Database, OfTheFirstSchemaIsBroughtUpToDate) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const auto policy = [](std::uint64_t version, const std::string& of) {
    return Policy{version, "tax", "mode = \"observe\"\n", "signed bytes", 77, "suzuki", 0, of};
  };
  ASSERT_TRUE(collector.writer().AddPolicy(policy(1, ""), collector.Record("policy.apply")).ok());
  Execute(collector.directory() / kDatabaseFile,
          "DROP INDEX policies_due; ALTER TABLE policies DROP COLUMN terminal;"
          "CREATE INDEX policies_group ON policies(\"group\"); PRAGMA user_version=1");

  const auto database = OpenSqlite(collector.directory());
  ASSERT_TRUE(database.ok()) << ToString(database.error());
  const auto reader = database.value()->NewReader().value();
  const auto writer = database.value()->NewWriter().value();
  EXPECT_EQ("", reader->FindPolicy(1).value().terminal);
  EXPECT_EQ(1U, reader->NewestPolicy("tax").value().version);
  ASSERT_TRUE(writer->MoveTerminal(policy(2, "t1"), collector.Record("terminal.group", "t1")).ok());
  EXPECT_EQ(2U, reader->PoliciesDue("t1").value().at(0).move_version);
  const auto report = VerifyStore(*reader, collector.own_key().public_key(), {}, [](const VerifyProgress&) {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(0U, report.value().found);
}

// What the own chain attested before there were moves must still hold: computed from FORMAT.md alone.
TEST(DigestOf, APolicyOfAGroupIsWhatItWasBeforeThereWereMoves) {
  const auto number = [](char last) { return std::string("\0\0\0\0\0\0\0", 7) + last; };
  std::string bytes("sekimori registry v1\0", 21);
  for (const std::string& field : {std::string("policy"), number(3), std::string("tax"), std::string("text"),
                                   std::string("signed"), number(77), std::string("suzuki"), number(2)})
    bytes += number(static_cast<char>(field.size())) + field;
  Policy policy{3, "tax", "text", "signed", 77, "suzuki", 2, ""};
  EXPECT_EQ(signing::Sha256(bytes), DigestOf(policy));
  policy.terminal = "t1";
  EXPECT_EQ(signing::Sha256(bytes + number(2) + "t1"), DigestOf(policy));
}

// As if a setting could not be changed back: SQLite reads the schema first, which may fail.
int ForbidFull(void*, int action, const char*, const char* value, const char*, const char*) {
  const bool full = action == SQLITE_PRAGMA && value != nullptr && std::string_view(value) == "FULL";
  return full ? SQLITE_DENY : SQLITE_OK;
}

TEST(Writer, SyncsWhatItAcknowledgesWhateverBecomesOfANote) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const auto open = [&] {
    return Connection::Open(collector.directory() / kDatabaseFile, Connection::Access::kWrite).value();
  };
  std::unique_ptr<Connection> connection = open();
  Connection& storing = *connection;
  SqliteWriter writer(std::move(connection), open());
  sqlite3_set_authorizer(storing.native(), ForbidFull, nullptr);
  (void)writer.NoteContact({"t1", 5, "host", "os", "1", proto::MODE_OBSERVE, 0, 1});
  sqlite3_set_authorizer(storing.native(), nullptr, nullptr);
  EXPECT_EQ(2, storing.QueryInt("PRAGMA synchronous").value());
  EXPECT_EQ("host", collector.reader().FindTerminal("t1").value().hostname);
}

// As docs/operations says to make a backup while the collector runs.
TEST(Database, ABackupOpensAsTheOriginalDoes) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.Store(*terminal.Prepare({Tampered(1)}));
  const fs::path copy = collector.directory() / "copy";
  fs::create_directory(copy);
  fs::permissions(copy, fs::perms::owner_all);
  Execute(collector.directory() / kDatabaseFile, ("VACUUM INTO '" + (copy / kDatabaseFile).string() + "'").c_str());
  fs::permissions(copy / kDatabaseFile, fs::perms::owner_read | fs::perms::owner_write);
  const auto database = OpenSqlite(copy);
  ASSERT_TRUE(database.ok()) << ToString(database.error());
  const auto writer = database.value()->NewWriter();
  const auto batch = terminal.Prepare({Tampered(2)});
  ASSERT_TRUE(writer.value()->StoreBatches({&batch->batch, 1}, collector.own_key()).value().at(0).ok());
  EXPECT_TRUE(fs::exists(copy / "collector.db-wal")) << "without a WAL, readers and the collector shut each other out";
  EXPECT_EQ(2U, database.value()->NewReader().value()->FindTerminal("t1").value().head.sequence);
}

TEST(Database, ShowsOtherReadersWhatWasCommitted) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const auto other = collector.database().NewReader();
  ASSERT_TRUE(other.ok());
  collector.Store(*terminal.Prepare({Tampered(1)}));
  EXPECT_EQ(1U, other.value()->FindTerminal("t1").value().head.sequence);
}

}  // namespace
}  // namespace sekimori::store
