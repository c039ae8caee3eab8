// SQLite with scoped handles and our errors, for the rooms that keep a database. One thread per connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "proto/result.h"

namespace sekimori::sqlite {

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// A prepared statement. Views it gives (Blob) hold until its next Step, Reset or Bind.
class Statement {
 public:
  Statement() = default;
  Statement(std::unique_ptr<sqlite3_stmt, StatementDeleter> statement) : statement_(std::move(statement)) {}

  // Parameters count from 1. What is bound must outlive the Step.
  Statement& Bind(int parameter, std::int64_t value);
  Statement& Bind(int parameter, std::uint64_t value) { return Bind(parameter, static_cast<std::int64_t>(value)); }
  Statement& BindBlob(int parameter, std::string_view bytes);
  Statement& BindText(int parameter, std::string_view text);

  // True: a row is there.
  [[nodiscard]] Result<bool> Step();
  // Steps a statement that gives no rows, and resets it.
  [[nodiscard]] Status Run();
  // Ends the statement's read; the next Step begins anew.
  void Reset();

  // Columns count from 0.
  [[nodiscard]] std::int64_t Integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] std::string_view Blob(int column) const;
  [[nodiscard]] std::string Text(int column) const;

 private:
  std::unique_ptr<sqlite3_stmt, StatementDeleter> statement_;
};

struct DatabaseDeleter {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};

class Database {
 public:
  enum class Access { kRead, kWrite, kCreate };

  // Follows no symbolic link. Waits up to two seconds for another connection's lock. Hardened against a file somebody
  // else prepared: no trusted schema, no writable schema, cells checked as they are read.
  // An opened connection leaves the WAL alone when it closes; see KeepWalOnClose.
  [[nodiscard]] static Result<Database> Open(const std::filesystem::path& path, Access access);

  [[nodiscard]] Status Execute(const char* sql);
  [[nodiscard]] Result<Statement> Prepare(std::string_view sql);
  // The first column of the first row of a statement that has one.
  [[nodiscard]] Result<std::int64_t> AskInteger(std::string_view sql);
  [[nodiscard]] Result<std::string> AskText(std::string_view sql);

  // Whether the file is still what it was opened as: not moved, deleted or replaced since.
  [[nodiscard]] bool InPlace() const;
  // Whether the last connection to close folds the WAL into the file and removes it.
  void KeepWalOnClose(bool keep);
  // Undoes the open transaction, if there is one.
  void Rollback();
  [[nodiscard]] Error LastError() const;
  [[nodiscard]] sqlite3* native() const { return database_.get(); }

 private:
  explicit Database(std::unique_ptr<sqlite3, DatabaseDeleter> database) : database_(std::move(database)) {}
  std::unique_ptr<sqlite3, DatabaseDeleter> database_;
};

}  // namespace sekimori::sqlite
