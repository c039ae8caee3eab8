#include "server/store/sqlite_connection.h"

namespace sekimori::store {

namespace {
constexpr int kBusyTimeoutMs = 10'000;
}  // namespace

Error SqliteError(sqlite3* database, int result, std::string_view where) {
  ErrorCode code = ErrorCode::kIo;
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      code = ErrorCode::kTimeout;
      break;
    case SQLITE_FULL:
      code = ErrorCode::kFull;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      code = ErrorCode::kCorrupt;
      break;
    case SQLITE_CONSTRAINT:
      code = ErrorCode::kExists;
      break;
    default:
      break;
  }
  std::string detail = "SQLite: ";
  detail += database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
  return Error{code, std::string(where), detail + " (" + std::to_string(result) + ")"};
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::Int(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::Count(std::uint64_t value) {
  return Int(static_cast<std::int64_t>(value));
}

Statement& Statement::Text(std::string_view value) {
  // A null pointer would bind NULL, which NOT NULL columns refuse; an empty view may carry one.
  sqlite3_bind_text64(statement_, ++bound_, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::Blob(std::string_view value) {
  sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::Step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const Error error = SqliteError(database_, result, sqlite3_sql(statement_));
  Reset();
  return error;
}

Status Statement::Run() {
  for (;;) {
    const Result<bool> row = Step();
    if (!row.ok()) return row.error();
    if (!row.value()) break;
  }
  Reset();
  return Status::Ok();
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

std::string_view Statement::GetBytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr || size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::filesystem::path& path, Access access) {
  sqlite3* database = nullptr;
  // Even readers open for writing: a WAL database whose last writer was killed needs recovery by whoever comes first.
  const int result = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(database));
  if (result != SQLITE_OK) return SqliteError(database, result, path.string());
  sqlite3_busy_timeout(database, kBusyTimeoutMs);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  const char* settings = access == Access::kWrite
                             ? "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                               "PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-4000; PRAGMA temp_store=MEMORY;"
                             : "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;";
  if (Status set = connection->Execute(settings); !set.ok())
    return Error{set.error().code, path.string(), set.error().detail};
  return connection;
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(database_);
}

Result<Statement> Connection::Lend(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (result != SQLITE_OK) return SqliteError(database_, result, sql);
    found = statements_.emplace(std::string(sql), OwnedStatement(prepared)).first;
  }
  return Statement(found->second.get(), database_);
}

Status Connection::Execute(const char* sql) {
  const int result = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? Status::Ok() : Status(SqliteError(database_, result, sql));
}

Result<std::int64_t> Connection::QueryInt(std::string_view sql) {
  Result<Statement> statement = Lend(sql);
  if (!statement.ok()) return statement.error();
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kNotFound, std::string(sql), "no row"};
  return statement.value().GetInt(0);
}

Result<Transaction> Transaction::Begin(Connection& connection, Connection::Access access) {
  const Status begun = connection.Execute(access == Connection::Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun.ok()) return begun.error();
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // Some errors (full disk, I/O) have rolled back already; then this one is refused, which changes nothing.
  sqlite3_exec(connection_->native(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::Commit() {
  const Status committed = connection_->Execute("COMMIT");
  if (committed.ok()) connection_ = nullptr;
  return committed;
}

}  // namespace sekimori::store
