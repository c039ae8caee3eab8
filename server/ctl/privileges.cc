#include "server/ctl/privileges.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sekimori::ctl {

namespace {

Error SystemError(const std::filesystem::path& path, const char* act, int error) {
  const ErrorCode code = error == ENOENT                     ? ErrorCode::kNotFound
                         : error == EACCES || error == EPERM ? ErrorCode::kDenied
                                                             : ErrorCode::kIo;
  return Error{code, path.string(), std::string(act) + ": " + std::strerror(error)};
}

Status GiveToCollectorUser(const std::filesystem::path& directory) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(kCollectorUser, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return Status::Ok();
  if (::chown(directory.c_str(), entry.pw_uid, entry.pw_gid) != 0) return SystemError(directory, "chown", errno);
  return Status::Ok();
}

}  // namespace

Status PrepareDataDirectory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return ::geteuid() == 0 ? GiveToCollectorUser(directory) : Status::Ok();
  if (errno != EEXIST) return SystemError(directory, "mkdir", errno);
  struct stat found {};
  if (::lstat(directory.c_str(), &found) != 0) return SystemError(directory, "stat", errno);
  if (!S_ISDIR(found.st_mode)) return Error{ErrorCode::kInvalid, directory.string(), "not a directory"};
  if ((found.st_mode & 077) != 0)
    return Error{ErrorCode::kDenied, directory.string(),
                 "group or others may enter it; expected mode 0700 (chmod go=)"};
  return Status::Ok();
}

Status BecomeOwnerOf(const std::filesystem::path& directory) {
  if (::geteuid() != 0) return Status::Ok();
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return SystemError(directory, "stat", errno);
  if (found.st_uid == 0) return Status::Ok();
  if (::setgroups(0, nullptr) != 0 || ::setresgid(found.st_gid, found.st_gid, found.st_gid) != 0 ||
      ::setresuid(found.st_uid, found.st_uid, found.st_uid) != 0)
    return SystemError(directory, "becoming its owner", errno);
  // Where this succeeds root was not given up, whatever the calls above said.
  if (::setuid(0) == 0) return Error{ErrorCode::kInternal, directory.string(), "root could be taken back"};
  // The current directory may be one that only root can enter; SQLite asks for it.
  if (::chdir("/") != 0) return SystemError("/", "chdir", errno);
  return Status::Ok();
}

}  // namespace sekimori::ctl
