#include "drivers/linux/sysfs.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace sekimori::drivers {
namespace {

constexpr std::size_t kAttributeLimit = 4096;

// ENODEV is what sysfs answers about a device that was there when the file was opened.
ErrorCode CodeOf(int error) {
  return error == ENOENT || error == ENODEV || error == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
}

}  // namespace

Error SysfsDirectory::Failed(const std::string& name, int error) const {
  return {CodeOf(error), (path_ / name).string(), std::generic_category().message(error)};
}

Result<SysfsDirectory> SysfsDirectory::Open(const std::filesystem::path& path) {
  ScopedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Error{CodeOf(errno), path.string(), std::generic_category().message(errno)};
  return SysfsDirectory(path, std::move(fd));
}

Result<SysfsDirectory> SysfsDirectory::Inside(const std::string& name) const {
  ScopedFd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Failed(name, errno);
  return SysfsDirectory(path_ / name, std::move(fd));
}

Result<std::string> SysfsDirectory::ReadBinary(const std::string& name, std::size_t limit) const {
  const ScopedFd file(::openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Failed(name, errno);
  std::string content;
  char block[kAttributeLimit];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(name, errno);
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > limit)
      return Error{ErrorCode::kTooLarge, (path_ / name).string(), "longer than " + std::to_string(limit) + " bytes"};
    content.append(block, static_cast<std::size_t>(got));
  }
}

Result<std::string> SysfsDirectory::Read(const std::string& name) const {
  Result<std::string> text = ReadBinary(name, kAttributeLimit);
  if (text.ok() && text.value().ends_with('\n')) text.value().pop_back();
  return text;
}

Status SysfsDirectory::Write(const std::string& name, std::string_view value) const {
  // O_TRUNC does nothing in sysfs and makes a plain file behave like it.
  const ScopedFd file(::openat(fd_.get(), name.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!file.valid()) return Failed(name, errno);
  ssize_t put = 0;
  do {
    put = ::write(file.get(), value.data(), value.size());
  } while (put < 0 && errno == EINTR);
  if (put < 0) return Failed(name, errno);
  if (static_cast<std::size_t>(put) != value.size())
    return Error{ErrorCode::kIo, (path_ / name).string(), "the kernel took only part of what was written"};
  return Status::Ok();
}

Status SysfsDirectory::Set(const std::string& name, std::string_view value) const {
  if (Status written = Write(name, value); !written.ok()) return written;
  const Result<std::string> kept = Read(name);
  if (!kept.ok()) return kept.error();
  if (kept.value() != value)
    return Error{ErrorCode::kIo, (path_ / name).string(),
                 "wrote \"" + std::string(value) + "\", but it reads \"" + kept.value() + "\""};
  return Status::Ok();
}

Result<std::string> SysfsDirectory::LinkedName(const std::string& name) const {
  char target[kAttributeLimit];
  const ssize_t length = ::readlinkat(fd_.get(), name.c_str(), target, sizeof target);
  if (length < 0) return Failed(name, errno);
  return std::filesystem::path(std::string(target, static_cast<std::size_t>(length))).filename().string();
}

Result<std::vector<std::string>> SysfsDirectory::List() const {
  // Another open file description: the position of a shared one would not start at the beginning the second time.
  ScopedFd again(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again.valid()) return Failed(".", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(again.get()), &::closedir);
  if (directory == nullptr) return Failed(".", errno);
  static_cast<void>(again.Release());  // closedir closes it
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return Failed(".", errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sekimori::drivers
