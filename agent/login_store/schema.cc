#include "agent/login_store/schema.h"

#include <string>
#include <utility>

namespace sekimori::login_store {
namespace {

struct Table {
  const char* name;
  const char* sql;
};

// Compared character by character with sqlite_schema, so a line changed here is a new schema version.
constexpr Table kTables[] = {
    {"counters",
     "CREATE TABLE counters (uid INTEGER NOT NULL, credential TEXT NOT NULL, counter BLOB NOT NULL, PRIMARY KEY (uid, "
     "credential)) STRICT, WITHOUT ROWID"},
    {"credentials",
     "CREATE TABLE credentials (uid INTEGER NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, method INTEGER NOT "
     "NULL, revoked INTEGER NOT NULL, label TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (uid, number)) STRICT, "
     "WITHOUT ROWID"},
    {"failures", "CREATE TABLE failures (uid INTEGER PRIMARY KEY, since INTEGER NOT NULL) STRICT"},
    {"logins",
     "CREATE TABLE logins (uid INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, service TEXT NOT NULL, tty TEXT NOT NULL, "
     "remote_host TEXT NOT NULL) STRICT"},
    {"store",
     "CREATE TABLE store (id INTEGER PRIMARY KEY CHECK (id = 1), key_check BLOB NOT NULL, newest_us INTEGER NOT NULL) "
     "STRICT"},
    {"tries",
     "CREATE TABLE tries (uid INTEGER NOT NULL, credential TEXT NOT NULL, tries INTEGER NOT NULL, PRIMARY KEY (uid, "
     "credential)) STRICT, WITHOUT ROWID"},
};

Error Altered(std::string detail) {
  return Error{ErrorCode::kCorrupt, "login store", std::move(detail)};
}

Status CheckNumbers(sqlite::Database& database) {
  const Result<std::int64_t> application = database.AskInteger("PRAGMA application_id");
  if (!application.ok()) return application.error();
  if (application.value() != kApplicationId) return Altered("an SQLite file, but not of this product");
  const Result<std::int64_t> version = database.AskInteger("PRAGMA user_version");
  if (!version.ok()) return version.error();
  if (version.value() > kSchemaVersion)
    return Error{ErrorCode::kUnsupported, "login store",
                 "format " + std::to_string(version.value()) + " was written by a newer version; this one knows 1 to " +
                     std::to_string(kSchemaVersion)};
  if (version.value() != kSchemaVersion) return Altered("unknown format " + std::to_string(version.value()));
  return Status::Ok();
}

}  // namespace

Status CreateSchema(sqlite::Database& database) {
  if (Status begun = database.Execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE"); !begun.ok()) return begun;
  for (const Table& table : kTables)
    if (Status made = database.Execute(table.sql); !made.ok()) return made;
  const std::string rest =
      "INSERT INTO store VALUES (1, x'', 0); PRAGMA application_id = " + std::to_string(kApplicationId) +
      "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + "; COMMIT";
  return database.Execute(rest.c_str());
}

Status CheckSchema(sqlite::Database& database) {
  if (Status numbers = CheckNumbers(database); !numbers.ok()) return numbers;
  Result<sqlite::Statement> schema = database.Prepare("SELECT name, sql FROM sqlite_schema ORDER BY name");
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
  const Result<std::string> sound = database.AskText("PRAGMA quick_check(1)");
  if (!sound.ok()) return sound.error();
  if (sound.value() != "ok") return Altered(sound.value());
  return Status::Ok();
}

}  // namespace sekimori::login_store
