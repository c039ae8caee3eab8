#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "agent/login_store/machine_key.h"
#include "agent/login_store/schema.h"
#include "agent/login_store/sqlite_login_store.h"
#include "agent/login_store/store_state.h"
#include "proto/files/durable_file.h"

namespace sekimori::login_store {
namespace {

namespace fs = std::filesystem;

using sqlite::Database;
using sqlite::Statement;

struct Names {
  explicit Names(const fs::path& folder) : database(folder / "logins.db"), key(folder / "login.key") {}
  const fs::path database, key;
};

fs::path With(const fs::path& path, const char* suffix) {
  fs::path name = path;
  name += suffix;
  return name;
}

bool Exists(const fs::path& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0;
}

Error Corrupt(const fs::path& path, const char* detail) {
  return Error{ErrorCode::kCorrupt, path.string(), detail};
}

Status CheckFolder(const fs::path& folder) {
  struct stat facts {};
  if (stat(folder.c_str(), &facts) != 0) return Error{ErrorCode::kIo, folder.string(), "stat failed"};
  // Whoever may write here could put another file in the store's place.
  if (!S_ISDIR(facts.st_mode) || (facts.st_uid != geteuid() && facts.st_uid != 0) || (facts.st_mode & 022U) != 0)
    return Error{ErrorCode::kDenied, folder.string(), "want a folder that only its owner may write in"};
  return Status::Ok();
}

Status CheckFile(const fs::path& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return Error{ErrorCode::kIo, path.string(), "lstat failed"};
  if (!S_ISREG(facts.st_mode) || (facts.st_uid != geteuid() && facts.st_uid != 0) || (facts.st_mode & 077U) != 0)
    return Error{ErrorCode::kDenied, path.string(), "want a regular file that nobody but its owner may open"};
  return Status::Ok();
}

// Whole or not there: made aside, and renamed when it is synced.
Status CreateDatabase(const fs::path& path) {
  const fs::path begun = With(path, ".new");
  // SQLite gives the files it makes beside this one the same mode, and deletes a WAL left beside an empty one.
  if (Status made = files::Replace(begun, {}); !made.ok()) return made;
  {
    Result<Database> database = Database::Open(begun, Database::Access::kWrite);
    if (!database.ok()) return database.error();
    // The last connection folds everything into the file and syncs it.
    database.value().KeepWalOnClose(false);
    if (Status filled = CreateSchema(database.value()); !filled.ok()) return filled;
  }
  return files::Move(begun, path);
}

Result<Database> OpenDatabase(const Names& names) {
  if (!Exists(names.database)) {
    // The key is made after the database, so that one without the other was never left behind by a power cut.
    if (Exists(names.key)) return Corrupt(names.database, "it is gone, but its key is there");
    if (Exists(With(names.database, "-wal"))) return Corrupt(names.database, "it is gone, but its WAL is there");
    if (Status created = CreateDatabase(names.database); !created.ok()) return created.error();
  }
  if (Status checked = CheckFile(names.database); !checked.ok()) return checked.error();
  Result<Database> database = Database::Open(names.database, Database::Access::kWrite);
  if (!database.ok()) return database;
  database.value().KeepWalOnClose(false);
  // What is erased is overwritten: a revoked secret does not stay in a free page.
  if (Status set = database.value().Execute("PRAGMA secure_delete = ON"); !set.ok()) return set.error();
  if (Status checked = CheckSchema(database.value()); !checked.ok()) return checked.error();
  return database;
}

Result<std::string> ReadKeyCheck(Database& database) {
  Result<Statement> statement = database.Prepare("SELECT key_check FROM store");
  if (!statement.ok()) return statement.error();
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kCorrupt, "logins.db", "its row about itself is missing"};
  return std::string(statement.value().Blob(0));
}

Status WriteKeyCheck(Database& database, std::string_view check) {
  Result<Statement> statement = database.Prepare("UPDATE store SET key_check = ?1");
  if (!statement.ok()) return statement.error();
  return statement.value().BindBlob(1, check).Run();
}

// The key that everything in the database is sealed with; a new one only where nothing is.
Result<model::Secret> OpenKey(const Names& names, ports::Random& random, Database& database) {
  const Result<std::int64_t> sealed = database.AskInteger("SELECT count(*) FROM (SELECT 1 FROM credentials LIMIT 1)");
  if (!sealed.ok()) return sealed.error();
  const Result<std::string> check = ReadKeyCheck(database);
  if (!check.ok()) return check.error();
  Result<model::Secret> key = LoadKey(names.key);
  if (!key.ok() && key.error().code != ErrorCode::kNotFound) return key;
  if (!key.ok()) {
    if (sealed.value() != 0) return Corrupt(names.key, "it is gone, but secrets are sealed with it");
    key = MakeKey(names.key, random);
    if (!key.ok()) return key;
  }
  const signing::Sha256Hash right = CheckOf(key.value());
  if (check.value() == signing::AsBytes(right)) return key;
  if (sealed.value() != 0) return Corrupt(names.key, "not the key that the secrets are sealed with");
  if (Status written = WriteKeyCheck(database, signing::AsBytes(right)); !written.ok()) return written.error();
  return key;
}

}  // namespace

Result<std::unique_ptr<SqliteLoginStore>> SqliteLoginStore::Open(const fs::path& folder, ports::Random& random) {
  if (Status checked = CheckFolder(folder); !checked.ok()) return checked.error();
  // Without symbolic links, which SQLite is told not to follow.
  std::error_code failed;
  const Names names(fs::canonical(folder, failed));
  if (failed) return Error{ErrorCode::kIo, folder.string(), failed.message()};
  Result<Database> database = OpenDatabase(names);
  if (!database.ok()) return database.error();
  Result<model::Secret> key = OpenKey(names, random, database.value());
  if (!key.ok()) return key.error();
  return std::unique_ptr<SqliteLoginStore>(new SqliteLoginStore(
      std::make_unique<State>(std::move(database).value(), Sealer(std::move(key).value()), random)));
}

}  // namespace sekimori::login_store
