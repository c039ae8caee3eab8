// The log's files as files: folder, lock, a new file, a damaged one moved aside. Inside of audit_log. POSIX.
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::audit_log {

class ScopedFd {
 public:
  ScopedFd() = default;
  explicit ScopedFd(int fd) : fd_(fd) {}
  ScopedFd(ScopedFd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ScopedFd& operator=(ScopedFd&& other) noexcept;
  ~ScopedFd();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Makes the last folder of `path` with mode 0700 if it is missing. kDenied: it is another user's, or group or others
// may write in it. Gives the path with every symbolic link in its folder resolved.
[[nodiscard]] Result<std::filesystem::path> PrepareFolder(const std::filesystem::path& path);
// kConflict: another process writes this log. Held until the descriptor closes.
[[nodiscard]] Result<ScopedFd> LockLog(const std::filesystem::path& path);

// Whether any file of a log is there under this name.
[[nodiscard]] bool AnyLogFile(const std::filesystem::path& path);
// kCorrupt when `path` is missing or empty (SQLite would take both for a new log), kDenied when it is not a regular
// file of this user. Takes the rights of group and others away.
[[nodiscard]] Status CheckLogFile(const std::filesystem::path& path);
// A whole, empty log under `path`, or none. Nothing may be there under this name.
[[nodiscard]] Status CreateLogFile(const std::filesystem::path& path);
// Renames the log's files to "<path>.quarantined-<UTC time>…"; gives the new name. Nothing is ever deleted.
[[nodiscard]] Result<std::filesystem::path> MoveAside(const std::filesystem::path& path, model::WallTime now);

[[nodiscard]] Status SyncFolder(const std::filesystem::path& path);
[[nodiscard]] Error SystemError(const std::filesystem::path& path, const char* what);

}  // namespace sekimori::audit_log
