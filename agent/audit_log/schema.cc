#include "agent/audit_log/schema.h"

#include <algorithm>
#include <string>

#include "proto/signing/sha256.h"

namespace sekimori::audit_log {
namespace {

struct Table {
  const char* name;
  const char* sql;
};

// Compared character by character with sqlite_schema, so a line changed here is a new schema version.
// `acknowledged` has a table of its own: the uplink writes it from another connection.
constexpr Table kTables[] = {
    {"checkpoints",
     "CREATE TABLE checkpoints (sequence INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, hash BLOB NOT NULL, signature "
     "BLOB NOT NULL) STRICT"},
    {"log",
     "CREATE TABLE log (id INTEGER PRIMARY KEY CHECK (id = 1), log_id BLOB NOT NULL, base_sequence INTEGER NOT NULL, "
     "base_hash BLOB NOT NULL, pruned_at INTEGER NOT NULL, head_sequence INTEGER NOT NULL, head_hash BLOB NOT NULL, "
     "clean_stop INTEGER NOT NULL) STRICT"},
    {"records",
     "CREATE TABLE records (sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, payload BLOB NOT NULL) STRICT"},
    {"uplink", "CREATE TABLE uplink (id INTEGER PRIMARY KEY CHECK (id = 1), acknowledged INTEGER NOT NULL) STRICT"},
};

Error Altered(std::string detail) {
  return Error{ErrorCode::kCorrupt, "log", std::move(detail)};
}

Status InsertFirstRows(Database& database, const chain::LogId& log_id) {
  const chain::Hash genesis = chain::GenesisHash(log_id);
  Result<Statement> insert = database.Prepare("INSERT INTO log VALUES (1, ?1, 0, ?2, 0, 0, ?2, 1)");
  if (!insert.ok()) return insert.error();
  insert.value().BindBlob(1, signing::AsBytes(log_id)).BindBlob(2, signing::AsBytes(genesis));
  if (Status inserted = insert.value().Run(); !inserted.ok()) return inserted;
  return database.Execute("INSERT INTO uplink VALUES (1, 0)");
}

}  // namespace

Status CreateSchema(Database& database, const chain::LogId& log_id) {
  if (Status begun = database.Execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE"); !begun.ok()) return begun;
  for (const Table& table : kTables)
    if (Status made = database.Execute(table.sql); !made.ok()) return made;
  if (Status filled = InsertFirstRows(database, log_id); !filled.ok()) return filled;
  const std::string numbers = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                              "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + "; COMMIT";
  return database.Execute(numbers.c_str());
}

Status CheckSchema(Database& database) {
  const Result<std::int64_t> application = database.AskInteger("PRAGMA application_id");
  if (!application.ok()) return application.error();
  if (application.value() != kApplicationId) return Altered("an SQLite file, but not of this product");
  const Result<std::int64_t> version = database.AskInteger("PRAGMA user_version");
  if (!version.ok()) return version.error();
  if (version.value() > kSchemaVersion)
    return Error{ErrorCode::kUnsupported, "log",
                 "format " + std::to_string(version.value()) + " was written by a newer version; this one knows 1 to " +
                     std::to_string(kSchemaVersion)};
  if (version.value() != kSchemaVersion) return Altered("unknown format " + std::to_string(version.value()));

  Result<Statement> schema = database.Prepare("SELECT name, sql FROM sqlite_schema ORDER BY name");
  if (!schema.ok()) return schema.error();
  for (const Table& table : kTables) {
    const Result<bool> row = schema.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value() || schema.value().Text(0) != table.name || schema.value().Text(1) != table.sql)
      return Altered(std::string("table '") + table.name + "' is missing or altered, or something was added");
  }
  const Result<bool> more = schema.value().Step();
  if (!more.ok()) return more.error();
  if (more.value()) return Altered("something was added: '" + schema.value().Text(0) + "'");
  return Status::Ok();
}

Result<chain::Hash> HashOf(std::string_view blob, std::string_view what, std::uint64_t sequence) {
  chain::Hash hash{};
  if (blob.size() != hash.size())
    return Error{ErrorCode::kCorrupt, std::string(what) + " " + std::to_string(sequence),
                 "its hash is " + std::to_string(blob.size()) + " bytes long; want 32"};
  std::copy(blob.begin(), blob.end(), reinterpret_cast<char*>(hash.data()));
  return hash;
}

Result<LogRow> ReadLogRow(Database& database) {
  Result<Statement> statement = database.Prepare(
      "SELECT log_id, base_sequence, base_hash, pruned_at, head_sequence, head_hash, clean_stop, acknowledged"
      " FROM log, uplink");
  if (!statement.ok()) return statement.error();
  Statement& row = statement.value();
  const Result<bool> found = row.Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return Altered("its row about itself is missing");

  LogRow log;
  const std::string_view id = row.Blob(0);
  if (id.size() != log.log_id.size()) return Altered("the log id is not 16 bytes long");
  std::copy(id.begin(), id.end(), reinterpret_cast<char*>(log.log_id.data()));
  const std::int64_t numbers[] = {row.Integer(1), row.Integer(3), row.Integer(4), row.Integer(7)};
  if (std::any_of(std::begin(numbers), std::end(numbers), [](std::int64_t number) { return number < 0; }))
    return Altered("a sequence is negative");
  log.base.sequence = static_cast<std::uint64_t>(numbers[0]);
  log.pruned_at = static_cast<std::uint64_t>(numbers[1]);
  log.head.sequence = static_cast<std::uint64_t>(numbers[2]);
  log.acknowledged = static_cast<std::uint64_t>(numbers[3]);
  log.clean_stop = row.Integer(6) != 0;
  const Result<chain::Hash> base = HashOf(row.Blob(2), "base", log.base.sequence);
  if (!base.ok()) return base.error();
  const Result<chain::Hash> head = HashOf(row.Blob(5), "head", log.head.sequence);
  if (!head.ok()) return head.error();
  log.base.hash = base.value();
  log.head.hash = head.value();
  if (log.head.sequence < log.base.sequence) return Altered("its head lies before its base");
  return log;
}

}  // namespace sekimori::audit_log
