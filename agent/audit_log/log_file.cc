#include "agent/audit_log/log_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/audit_log/schema.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

// The main file first: what an interrupted move leaves behind is then a log without its main file, which the next start
// moves aside too, and never a main file that lost its newest records.
constexpr const char* kSuffixes[] = {"", "-wal", "-shm", "-mark"};

fs::path With(const fs::path& path, const char* suffix) {
  fs::path name = path;
  name += suffix;
  return name;
}

bool Exists(const fs::path& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0;
}

std::string TimeText(model::WallTime now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

Result<chain::LogId> RandomLogId() {
  chain::LogId id{};
  if (getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) return SystemError("log id", "getrandom");
  return id;
}

// Makes a whole log in `path`; whatever was begun there before holds no record.
Status FillNewFile(const fs::path& path) {
  for (const char* const suffix : kSuffixes)
    unlink(With(path, suffix).c_str());
  // SQLite gives the files it makes beside this one the same mode.
  const ScopedFd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return SystemError(path, "create");
  if (fchmod(file.get(), 0600) != 0) return SystemError(path, "fchmod");
  const Result<chain::LogId> log_id = RandomLogId();
  if (!log_id.ok()) return log_id.error();
  {
    Result<Database> database = Database::Open(path, Database::Access::kWrite);
    if (!database.ok()) return database.error();
    if (Status made = CreateSchema(database.value(), log_id.value()); !made.ok()) return made;
    database.value().KeepWalOnClose(false);
  }
  if (fsync(file.get()) != 0) return SystemError(path, "fsync");
  return Status::Ok();
}

}  // namespace

ScopedFd& ScopedFd::operator=(ScopedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

ScopedFd::~ScopedFd() {
  if (fd_ >= 0) close(fd_);
}

Error SystemError(const fs::path& path, const char* what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return Error{full ? ErrorCode::kFull : ErrorCode::kIo, path.string(),
               std::string(what) + ": " + std::strerror(number)};
}

Status SyncFolder(const fs::path& path) {
  const ScopedFd folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) return SystemError(path.parent_path(), "fsync");
  return Status::Ok();
}

Result<fs::path> PrepareFolder(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return SystemError(folder, "mkdir");
  struct stat facts {};
  if (stat(folder.c_str(), &facts) != 0) return SystemError(folder, "stat");
  if (!S_ISDIR(facts.st_mode)) return Error{ErrorCode::kInvalid, folder.string(), "want a folder"};
  // Whoever may write here could put another file in the log's place.
  if ((facts.st_uid != geteuid() && facts.st_uid != 0) || (facts.st_mode & 022U) != 0)
    return Error{ErrorCode::kDenied, folder.string(), "others may write in the log's folder; want mode 0700"};
  std::error_code failed;
  const fs::path real = fs::canonical(folder, failed);
  if (failed) return Error{ErrorCode::kIo, folder.string(), failed.message()};
  return real / path.filename();
}

Result<ScopedFd> LockLog(const fs::path& path) {
  // Not the log itself: closing any descriptor of it would drop the locks SQLite holds in this process.
  const fs::path name = With(path, "-lock");
  ScopedFd lock(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return SystemError(name, "open");
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError(name, "flock");
    return Error{ErrorCode::kConflict, path.string(), "another process writes this log"};
  }
  return lock;
}

bool AnyLogFile(const fs::path& path) {
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                     [&](const char* suffix) { return Exists(With(path, suffix)); });
}

Status CheckLogFile(const fs::path& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) {
    if (errno != ENOENT) return SystemError(path, "lstat");
    return Error{ErrorCode::kCorrupt, path.string(), "the log's main file is gone, but others of its files are there"};
  }
  if (!S_ISREG(facts.st_mode) || (facts.st_uid != geteuid() && geteuid() != 0))
    return Error{ErrorCode::kDenied, path.string(), "want a regular file of the user that writes the log"};
  if (facts.st_size == 0) return Error{ErrorCode::kCorrupt, path.string(), "the log is empty: it was cut to nothing"};
  if ((facts.st_mode & 0177U) != 0 && chmod(path.c_str(), 0600) != 0) return SystemError(path, "chmod");
  return Status::Ok();
}

Status CreateLogFile(const fs::path& path) {
  const fs::path begun = With(path, ".new");
  if (Status filled = FillNewFile(begun); !filled.ok()) return filled;
  if (rename(begun.c_str(), path.c_str()) != 0) return SystemError(path, "rename");
  return SyncFolder(path);
}

Result<fs::path> MoveAside(const fs::path& path, model::WallTime now) {
  const fs::path first_choice = With(path, (".quarantined-" + TimeText(now)).c_str());
  fs::path target = first_choice;
  for (int n = 2; AnyLogFile(target); ++n)
    target = With(first_choice, ("-" + std::to_string(n)).c_str());
  for (const char* const suffix : kSuffixes)
    if (rename(With(path, suffix).c_str(), With(target, suffix).c_str()) != 0 && errno != ENOENT)
      return SystemError(With(path, suffix), "rename");
  if (Status synced = SyncFolder(path); !synced.ok()) return synced.error();
  return target;
}

}  // namespace sekimori::audit_log
