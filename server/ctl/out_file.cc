#include "server/ctl/out_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sekimori::ctl {

namespace {

Error SystemError(const std::filesystem::path& path, int error) {
  const ErrorCode code = error == EEXIST                     ? ErrorCode::kExists
                         : error == ENOENT                   ? ErrorCode::kNotFound
                         : error == EACCES || error == EPERM ? ErrorCode::kDenied
                         : error == ENOSPC                   ? ErrorCode::kFull
                                                             : ErrorCode::kIo;
  return Error{code, path.string(), std::strerror(error)};
}

}  // namespace

Result<OutFile> OutFile::OpenNew(const std::filesystem::path& path) {
  if (path.empty()) return OutFile({}, -1);
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return SystemError(path, errno);
  OutFile opened(path, file);
  if (::fchmod(file, 0600) != 0) return SystemError(path, errno);
  return opened;
}

OutFile::~OutFile() {
  if (file_ >= 0) ::close(file_);
}

Status OutFile::Write(std::string_view bytes) {
  if (file_ < 0) return Status::Ok();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file_) == 0 ? Status::Ok() : Status(SystemError(path_, errno));
}

void OutFile::Discard() {
  if (file_ < 0) return;
  if (::unlink(path_.c_str()) != 0 && ::ftruncate(file_, 0) != 0) return;
  ::close(std::exchange(file_, -1));
}

}  // namespace sekimori::ctl
