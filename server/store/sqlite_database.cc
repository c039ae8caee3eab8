#include "server/store/sqlite_database.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/signing/key.h"
#include "server/store/sqlite_reader.h"
#include "server/store/sqlite_schema.h"
#include "server/store/sqlite_writer.h"

namespace sekimori::store {

namespace {

Error SystemError(const std::filesystem::path& path, int error) {
  const ErrorCode code = error == ENOENT                     ? ErrorCode::kNotFound
                         : error == EEXIST                   ? ErrorCode::kExists
                         : error == EACCES || error == EPERM ? ErrorCode::kDenied
                         : error == ENOSPC                   ? ErrorCode::kFull
                                                             : ErrorCode::kIo;
  return Error{code, path.string(), std::strerror(error)};
}

// kDenied when group or others may touch it.
Status CheckClosed(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return SystemError(path, errno);
  if ((found.st_mode & 077) != 0)
    return Error{ErrorCode::kDenied, path.string(),
                 "open to group or others; only its owner may have access (chmod go=)"};
  return Status::Ok();
}

// An empty file of mode 0600, whatever the umask.
Status MakeClosedFile(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return SystemError(path, errno);
  const int closed = ::fchmod(file, 0600);
  const int error = errno;
  ::close(file);
  return closed == 0 ? Status::Ok() : Status(SystemError(path, error));
}

Status InsertSite(Connection& connection, const Site& site) {
  Result<Statement> insert = connection.Lend("INSERT INTO site(one,id,name,hosts,port,created_us) VALUES(1,?,?,?,?,?)");
  if (!insert.ok()) return insert.error();
  std::string hosts;
  for (const std::string& host : site.hosts)
    hosts += host + "\n";
  return insert.value().Text(site.id).Text(site.name).Text(hosts).Int(site.port).Int(site.created_us).Run();
}

Status InsertOwnLog(Connection& connection, const Site& site, const signing::VerifyKey& key) {
  Result<Statement> insert = connection.Lend(
      "INSERT INTO terminals(number,id,hostname,os,machine_id,\"group\",log_id,certificate_sha256,key_spki,key_id,"
      "enrolled_us,last_contact_us,agent_version,mode,policy_version,head_sequence,head_hash,first_sequence) "
      "VALUES(1,?,'','','','',?,zeroblob(32),?,?,?,0,'',0,0,0,?,0)");
  if (!insert.ok()) return insert.error();
  const chain::Hash genesis = chain::GenesisHash(site.own_log_id);
  const Status inserted = insert.value()
                              .Text(kOwnLog)
                              .Blob(signing::AsBytes(site.own_log_id))
                              .Blob(site.own_key_spki)
                              .Blob(signing::AsBytes(key.key_id()))
                              .Int(site.created_us)
                              .Blob(signing::AsBytes(genesis))
                              .Run();
  if (!inserted.ok()) return inserted;
  Result<Statement> keys =
      connection.Lend("INSERT INTO keys(terminal,certificate_sha256,spki,registered_us) VALUES(1,zeroblob(32),?,?)");
  if (!keys.ok()) return keys.error();
  return keys.value().Blob(site.own_key_spki).Int(site.created_us).Run();
}

Status Fill(const std::filesystem::path& path, const Site& site, const signing::VerifyKey& key) {
  Result<std::unique_ptr<Connection>> connection = Connection::Open(path, Connection::Access::kWrite);
  if (!connection.ok()) return connection.error();
  if (Status schema = CreateSchema(*connection.value()); !schema.ok()) return schema;
  Result<Transaction> transaction = Transaction::Begin(*connection.value(), Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  if (Status inserted = InsertSite(*connection.value(), site); !inserted.ok()) return inserted;
  if (Status inserted = InsertOwnLog(*connection.value(), site, key); !inserted.ok()) return inserted;
  return transaction.value().Commit();
}

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] Result<std::unique_ptr<Writer>> NewWriter() override {
    Result<std::unique_ptr<Connection>> connection = Connection::Open(path_, Connection::Access::kWrite);
    if (!connection.ok()) return connection.error();
    Result<std::unique_ptr<Connection>> notes = Connection::Open(path_, Connection::Access::kWrite);
    if (!notes.ok()) return notes.error();
    // Leaves the sync to the next full commit, whosever it is; the WAL keeps the order.
    // https://www.sqlite.org/pragma.html#pragma_synchronous
    if (Status relaxed = notes.value()->Execute("PRAGMA synchronous=NORMAL"); !relaxed.ok()) return relaxed.error();
    return std::unique_ptr<Writer>(
        std::make_unique<SqliteWriter>(std::move(connection).value(), std::move(notes).value()));
  }
  [[nodiscard]] Result<std::unique_ptr<Reader>> NewReader() override {
    Result<std::unique_ptr<Connection>> connection = Connection::Open(path_, Connection::Access::kRead);
    if (!connection.ok()) return connection.error();
    return std::unique_ptr<Reader>(std::make_unique<SqliteReader>(std::move(connection).value()));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

Status CreateSqlite(const std::filesystem::path& data_dir, const Site& site) {
  if (Status closed = CheckClosed(data_dir); !closed.ok()) return closed;
  const Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(site.own_key_spki);
  if (!key.ok()) return key.error();
  const std::filesystem::path path = data_dir / kDatabaseFile;
  if (Status made = MakeClosedFile(path); !made.ok()) return made;
  const Status filled = Fill(path, site, key.value());
  if (filled.ok()) return filled;
  // Half a database would make the next attempt fail with "exists".
  for (const char* suffix : {"", "-wal", "-shm"})
    ::unlink((path.string() + suffix).c_str());
  return filled;
}

Result<std::unique_ptr<Database>> OpenSqlite(const std::filesystem::path& data_dir) {
  const std::filesystem::path path = data_dir / kDatabaseFile;
  if (Status closed = CheckClosed(path); !closed.ok()) return closed.error();
  Result<std::unique_ptr<Connection>> connection = Connection::Open(path, Connection::Access::kWrite);
  if (!connection.ok()) return connection.error();
  if (Status migrated = MigrateSchema(*connection.value()); !migrated.ok()) return migrated.error();
  // A copy made with VACUUM INTO comes without it; where it is so already, this does nothing.
  if (Status journal = connection.value()->Execute("PRAGMA journal_mode=WAL"); !journal.ok()) return journal.error();
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(path));
}

}  // namespace sekimori::store
