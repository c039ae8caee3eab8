// Scoped SQLite: a connection, a prepared statement in use, a transaction. Knows SQL and no collector. One thread each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "proto/result.h"

namespace sekimori::store {

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using OwnedStatement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

// Turns an SQLite result into our error; `where` names the act. Busy → kTimeout, full → kFull, corrupt → kCorrupt,
// constraint → kExists, all else → kIo.
[[nodiscard]] Error SqliteError(sqlite3* database, int result, std::string_view where);

// A prepared statement, lent by its connection and reset when the lending ends. Text and blobs are borrowed until then.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, sqlite3* database) : statement_(statement), database_(database) {}
  Statement(Statement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), database_(other.database_), bound_(other.bound_) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters are bound in order, from the first.
  Statement& Int(std::int64_t value);
  Statement& Count(std::uint64_t value);  // sequences and versions; callers keep them below 2^63
  Statement& Text(std::string_view value);
  Statement& Blob(std::string_view value);

  // True: a row is there to be read. False: done.
  [[nodiscard]] Result<bool> Step();
  // Steps to the end and makes ready for the next binding.
  [[nodiscard]] Status Run();
  void Reset();
  // Rows the last Run changed.
  [[nodiscard]] int Changes() const { return sqlite3_changes(database_); }

  [[nodiscard]] std::int64_t GetInt(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::uint64_t GetCount(int column) const { return static_cast<std::uint64_t>(GetInt(column)); }
  // Valid until the next step.
  [[nodiscard]] std::string_view GetBytes(int column) const;
  [[nodiscard]] std::string GetText(int column) const { return std::string(GetBytes(column)); }
  // Zeros where the stored bytes have another length; verification then shows it.
  template <typename Array>
  [[nodiscard]] Array GetArray(int column) const {
    Array array{};
    const std::string_view bytes = GetBytes(column);
    if (bytes.size() == array.size()) bytes.copy(reinterpret_cast<char*>(array.data()), array.size());
    return array;
  }

 private:
  sqlite3_stmt* statement_;
  sqlite3* database_;
  int bound_ = 0;
};

class Connection {
 public:
  enum class Access { kRead, kWrite };
  // The file must be there. Foreign keys on, FULL synchronous, a busy timeout of ten seconds.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> Open(const std::filesystem::path& path, Access access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` is prepared once and kept. The same text must not be lent twice at a time.
  [[nodiscard]] Result<Statement> Lend(std::string_view sql);
  // Statements without result, one or several.
  [[nodiscard]] Status Execute(const char* sql);
  [[nodiscard]] Result<std::int64_t> QueryInt(std::string_view sql);
  [[nodiscard]] sqlite3* native() const { return database_; }

 private:
  explicit Connection(sqlite3* database) : database_(database) {}

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  sqlite3* database_;
  std::unordered_map<std::string, OwnedStatement, TextHash, std::equal_to<>> statements_;
};

// Rolled back unless committed.
class Transaction {
 public:
  // kWrite takes the write lock at once, so that what is read inside stays true until Commit.
  [[nodiscard]] static Result<Transaction> Begin(Connection& connection, Connection::Access access);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  [[nodiscard]] Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace sekimori::store
