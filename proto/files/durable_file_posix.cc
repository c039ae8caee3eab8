#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/files/durable_file.h"

namespace sekimori::files {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error SystemError(const std::filesystem::path& path, const char* act) {
  const int code = errno;
  const ErrorCode kind = code == ENOENT                                       ? ErrorCode::kNotFound
                         : code == EEXIST                                     ? ErrorCode::kExists
                         : code == EACCES || code == EPERM                    ? ErrorCode::kDenied
                         : code == ENOSPC || code == EDQUOT || code == EMFILE ? ErrorCode::kFull
                                                                              : ErrorCode::kIo;
  return Error{kind, path.string(), std::string(act) + ": " + std::strerror(code)};
}

Status WriteAll(const std::filesystem::path& path, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError(path, "write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return SystemError(path, "fsync");
  return Status::Ok();
}

Status SyncDirectory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return SystemError(directory, "open directory");
  if (::fsync(fd.get()) != 0) return SystemError(directory, "fsync directory");
  return Status::Ok();
}

std::filesystem::path DirectoryOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Status WriteAside(const std::filesystem::path& aside, std::string_view bytes) {
  // A left-over of a write that a power cut ended is nobody's: whoever writes now owns the name.
  ::unlink(aside.c_str());
  const Descriptor fd(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd.ok()) return SystemError(aside, "create");
  return WriteAll(aside, fd.get(), bytes);
}

Result<std::string> ReadOpen(const std::filesystem::path& path, int fd, std::size_t max) {
  std::string bytes;
  char part[4096];
  for (;;) {
    const ssize_t count = ::read(fd, part, sizeof part);
    if (count < 0) {
      if (errno == EINTR) continue;
      return SystemError(path, "read");
    }
    if (count == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(count) > max) {
      return Error{ErrorCode::kTooLarge, path.string(), "larger than " + std::to_string(max) + " bytes"};
    }
    bytes.append(part, static_cast<std::size_t>(count));
  }
}

enum class Closed { kToNobody, kToOtherWriters, kToOthers };

Status CheckClosed(const std::filesystem::path& path, const struct stat& facts, Closed closed) {
  if (closed == Closed::kToNobody) return Status::Ok();
  if (closed == Closed::kToOthers && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{ErrorCode::kDenied, path.string(), "readable by others than its owner; expected mode 0600"};
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorCode::kDenied, path.string(), "writable by others than its owner; expected mode 0644 or less"};
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    return Error{ErrorCode::kDenied, path.string(), "belongs to another user"};
  }
  return Status::Ok();
}

Result<std::string> Read(const std::filesystem::path& path, std::size_t max, Closed closed) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) return SystemError(path, "open");
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return SystemError(path, "stat");
  if (!S_ISREG(facts.st_mode)) return Error{ErrorCode::kInvalid, path.string(), "not a regular file"};
  if (Status checked = CheckClosed(path, facts, closed); !checked.ok()) return checked.error();
  return ReadOpen(path, fd.get(), max);
}

}  // namespace

Status WriteNew(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path aside = path.string() + ".new";
  if (Status written = WriteAside(aside, bytes); !written.ok()) return written;
  // link(2), unlike rename(2), never replaces what is there.
  if (::link(aside.c_str(), path.c_str()) != 0) {
    Error error = SystemError(path, "create");
    ::unlink(aside.c_str());
    return error;
  }
  ::unlink(aside.c_str());
  return SyncDirectory(DirectoryOf(path));
}

Status Replace(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path aside = path.string() + ".new";
  if (Status written = WriteAside(aside, bytes); !written.ok()) return written;
  if (::rename(aside.c_str(), path.c_str()) != 0) return SystemError(path, "rename");
  return SyncDirectory(DirectoryOf(path));
}

Result<std::string> ReadSmall(const std::filesystem::path& path, std::size_t max) {
  return Read(path, max, Closed::kToNobody);
}

Result<std::string> ReadPrivate(const std::filesystem::path& path, std::size_t max) {
  return Read(path, max, Closed::kToOthers);
}

Result<std::string> ReadGuarded(const std::filesystem::path& path, std::size_t max) {
  return Read(path, max, Closed::kToOtherWriters);
}

Status Move(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return SystemError(from, "rename");
  // The new name first: between the two syncs the file may be there twice, never not at all.
  if (Status synced = SyncDirectory(DirectoryOf(to)); !synced.ok()) return synced;
  return SyncDirectory(DirectoryOf(from));
}

Status Remove(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return Status::Ok();
    return SystemError(path, "remove");
  }
  return SyncDirectory(DirectoryOf(path));
}

}  // namespace sekimori::files
