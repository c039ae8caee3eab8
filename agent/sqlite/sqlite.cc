#include "agent/sqlite/sqlite.h"

#include <utility>

namespace sekimori::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 2000;

ErrorCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return ErrorCode::kFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kUnavailable;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorCode::kConflict;
    case SQLITE_INTERRUPT:
      return ErrorCode::kTimeout;
    case SQLITE_TOOBIG:
      return ErrorCode::kTooLarge;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return ErrorCode::kInternal;
    default:  // PERM, READONLY, IOERR, CANTOPEN, NOLFS, AUTH, PROTOCOL, NOMEM: the system refused
      return ErrorCode::kIo;
  }
}

Error ErrorOf(sqlite3* database) {
  if (database == nullptr) return Error{ErrorCode::kIo, "database", "SQLite: out of memory"};
  const char* const name = sqlite3_db_filename(database, "main");
  return Error{CodeOf(sqlite3_errcode(database)), name != nullptr && *name != '\0' ? name : "database",
               std::string("SQLite: ") + sqlite3_errmsg(database) + " (" +
                   std::to_string(sqlite3_extended_errcode(database)) + ")"};
}

int OpenFlags(Database::Access access) {
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Database::Access::kRead:
      return kAlways | SQLITE_OPEN_READONLY;
    case Database::Access::kWrite:
      return kAlways | SQLITE_OPEN_READWRITE;
    case Database::Access::kCreate:
      return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return kAlways | SQLITE_OPEN_READONLY;
}

}  // namespace

Statement& Statement::Bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::BindBlob(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL; an empty payload is a blob of no bytes.
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindText(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Result<bool> Statement::Step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const Error error = ErrorOf(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  return error;
}

Status Statement::Run() {
  const int result = sqlite3_step(statement_.get());
  const bool done = result == SQLITE_DONE || result == SQLITE_ROW;
  Status status = done ? Status::Ok() : Status(ErrorOf(sqlite3_db_handle(statement_.get())));
  sqlite3_reset(statement_.get());
  return status;
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
}

std::string_view Statement::Blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : static_cast<std::size_t>(size)};
}

std::string Statement::Text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? std::string() : std::string(text);
}

Result<Database> Database::Open(const std::filesystem::path& path, Access access) {
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &raw, OpenFlags(access), nullptr);
  // A handle is made even when opening fails, and it carries the words.
  Database database{std::unique_ptr<sqlite3, DatabaseDeleter>(raw)};
  if (result != SQLITE_OK) {
    Error error = ErrorOf(raw);
    error.where = path.string();
    return error;
  }
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  database.KeepWalOnClose(true);
  if (Status set = database.Execute("PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL"); !set.ok())
    return set.error();
  return database;
}

Status Database::Execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return LastError();
  return Status::Ok();
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw,
                         nullptr) != SQLITE_OK)
    return LastError();
  return Statement(std::unique_ptr<sqlite3_stmt, StatementDeleter>(raw));
}

Result<std::int64_t> Database::AskInteger(std::string_view sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.error();
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kNotFound, "database", "no row for: " + std::string(sql)};
  return statement.value().Integer(0);
}

Result<std::string> Database::AskText(std::string_view sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.error();
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kNotFound, "database", "no row for: " + std::string(sql)};
  return statement.value().Text(0);
}

bool Database::InPlace() const {
  int moved = 0;
  return sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved == 0;
}

void Database::KeepWalOnClose(bool keep) {
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void Database::Rollback() {
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Error Database::LastError() const {
  return ErrorOf(database_.get());
}

}  // namespace sekimori::sqlite
