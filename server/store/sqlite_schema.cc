#include "server/store/sqlite_schema.h"

#include <array>
#include <string>

namespace sekimori::store {

namespace {

// Steps[n] leads from schema version n to n + 1. A released step is never changed; another one is added.
constexpr std::array<const char*, static_cast<std::size_t>(kSchemaVersion)> kSteps = {
    R"sql(
CREATE TABLE site(
  one INTEGER PRIMARY KEY CHECK(one = 1), id TEXT NOT NULL, name TEXT NOT NULL, hosts TEXT NOT NULL,
  port INTEGER NOT NULL, created_us INTEGER NOT NULL) STRICT;

CREATE TABLE terminals(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hostname TEXT NOT NULL, os TEXT NOT NULL,
  machine_id TEXT NOT NULL, "group" TEXT NOT NULL, log_id BLOB NOT NULL, certificate_sha256 BLOB NOT NULL UNIQUE,
  key_spki BLOB NOT NULL, key_id BLOB NOT NULL, enrolled_us INTEGER NOT NULL, last_contact_us INTEGER NOT NULL,
  agent_version TEXT NOT NULL, mode INTEGER NOT NULL, policy_version INTEGER NOT NULL,
  report_version INTEGER NOT NULL DEFAULT 0, report_in_force INTEGER NOT NULL DEFAULT 0,
  report_error TEXT NOT NULL DEFAULT '', report_detail TEXT NOT NULL DEFAULT '', report_us INTEGER NOT NULL DEFAULT 0,
  revoked_us INTEGER NOT NULL DEFAULT 0, revoked_reason TEXT NOT NULL DEFAULT '',
  head_sequence INTEGER NOT NULL, head_hash BLOB NOT NULL, first_sequence INTEGER NOT NULL,
  disputed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX terminals_key ON terminals(key_id);

CREATE TABLE keys(
  terminal INTEGER NOT NULL REFERENCES terminals, certificate_sha256 BLOB NOT NULL, spki BLOB NOT NULL,
  registered_us INTEGER NOT NULL, PRIMARY KEY(terminal, certificate_sha256)) STRICT, WITHOUT ROWID;

CREATE TABLE records(
  id INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL,
  time_us INTEGER NOT NULL, received_us INTEGER NOT NULL, type INTEGER NOT NULL, outcome INTEGER NOT NULL,
  severity INTEGER NOT NULL, about INTEGER NOT NULL, policy_version INTEGER NOT NULL, users TEXT NOT NULL, device TEXT NOT NULL,
  payload BLOB NOT NULL, UNIQUE(terminal, sequence)) STRICT;
CREATE INDEX records_about ON records(about);
CREATE INDEX records_alarms ON records(severity) WHERE severity = 3;
CREATE INDEX records_rare ON records(type) WHERE type NOT IN (12, 13);

CREATE TABLE blocks(
  first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
  min_received_us INTEGER NOT NULL, max_received_us INTEGER NOT NULL) STRICT;

CREATE TABLE checkpoints(
  terminal INTEGER NOT NULL REFERENCES terminals, sequence INTEGER NOT NULL, log_id BLOB NOT NULL, hash BLOB NOT NULL,
  time_us INTEGER NOT NULL, signature BLOB NOT NULL, key_id BLOB NOT NULL, received_us INTEGER NOT NULL,
  PRIMARY KEY(terminal, sequence)) STRICT, WITHOUT ROWID;

CREATE TABLE gaps(
  terminal INTEGER NOT NULL REFERENCES terminals, base_sequence INTEGER NOT NULL, base_hash BLOB NOT NULL,
  before_sequence INTEGER NOT NULL, before_hash BLOB NOT NULL, found_us INTEGER NOT NULL,
  PRIMARY KEY(terminal, base_sequence)) STRICT, WITHOUT ROWID;

CREATE TABLE disputed(
  id INTEGER PRIMARY KEY, terminal INTEGER NOT NULL REFERENCES terminals, sequence INTEGER NOT NULL,
  payload BLOB NOT NULL, why INTEGER NOT NULL, peer TEXT NOT NULL, received_us INTEGER NOT NULL) STRICT;
CREATE INDEX disputed_terminal ON disputed(terminal);

CREATE TABLE tokens(
  id TEXT PRIMARY KEY, secret_sha256 BLOB NOT NULL, uses INTEGER NOT NULL, uses_left INTEGER NOT NULL
  CHECK(uses_left >= 0), created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, "group" TEXT NOT NULL,
  created_by TEXT NOT NULL, revoked_us INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE policies(
  version INTEGER PRIMARY KEY, "group" TEXT NOT NULL, toml TEXT NOT NULL, signed_document BLOB NOT NULL,
  issued_us INTEGER NOT NULL, operator TEXT NOT NULL, rolled_back_from INTEGER NOT NULL) STRICT;
CREATE INDEX policies_group ON policies("group");
)sql",
    // Moves: policies for one terminal.
    R"sql(
ALTER TABLE policies ADD COLUMN terminal TEXT NOT NULL DEFAULT '';
DROP INDEX policies_group;
CREATE INDEX policies_due ON policies("group", terminal, version);
)sql"};

Status ApplySteps(Connection& connection) {
  Result<Transaction> transaction = Transaction::Begin(connection, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  // Asked again under the write lock: collector and sekimorictl may both have come to migrate.
  const Result<std::int64_t> from = connection.QueryInt("PRAGMA user_version");
  if (!from.ok()) return from.error();
  for (auto step = static_cast<std::size_t>(from.value()); step < kSteps.size(); ++step)
    if (Status applied = connection.Execute(kSteps[step]); !applied.ok()) return applied;
  const std::string mark = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                           "; PRAGMA user_version=" + std::to_string(kSchemaVersion);
  if (Status marked = connection.Execute(mark.c_str()); !marked.ok()) return marked;
  return transaction.value().Commit();
}

}  // namespace

Status CreateSchema(Connection& connection) {
  if (Status journal = connection.Execute("PRAGMA page_size=8192; PRAGMA journal_mode=WAL"); !journal.ok())
    return journal;
  return ApplySteps(connection);
}

Status MigrateSchema(Connection& connection) {
  const Result<std::int64_t> application = connection.QueryInt("PRAGMA application_id");
  if (!application.ok()) return application.error();
  const Result<std::int64_t> version = connection.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.error();
  if (application.value() != kApplicationId)
    return Error{ErrorCode::kUnsupported, "collector.db", "this is not a Sekimori collector's database"};
  if (version.value() > kSchemaVersion)
    return Error{ErrorCode::kUnsupported, "collector.db",
                 "schema version " + std::to_string(version.value()) +
                     " was written by a newer collector; this one knows " + std::to_string(kSchemaVersion)};
  return version.value() == kSchemaVersion ? Status::Ok() : ApplySteps(connection);
}

}  // namespace sekimori::store
