// One directory of sysfs, held open, and the small text attributes in it. Because everything goes through the directory
// that was opened, an answer or a write can never reach another device that took the same name since. Any thread.
// Source: Linux, Documentation/filesystems/sysfs.rst; openat(2).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/linux/scoped_fd.h"
#include "proto/result.h"

namespace sekimori::drivers {

class SysfsDirectory {
 public:
  // kNotFound: it does not exist.
  [[nodiscard]] static Result<SysfsDirectory> Open(const std::filesystem::path& path);

  // The attribute's text without the newline at its end; at most 4096 bytes, which is all sysfs gives.
  // kNotFound: it does not exist, or what it describes is gone. kIo.
  [[nodiscard]] Result<std::string> Read(const std::string& name) const;
  // All of a binary attribute. kTooLarge beyond `limit` bytes.
  [[nodiscard]] Result<std::string> ReadBinary(const std::string& name, std::size_t limit) const;
  // In one write(2). The kernel has acted on it when this returns. Errors as Read.
  [[nodiscard]] Status Write(const std::string& name, std::string_view value) const;
  // Writes, then reads back: kIo if the kernel kept another value.
  [[nodiscard]] Status Set(const std::string& name, std::string_view value) const;
  // What a symbolic link points to: the last part of it, as the name of a driver. kNotFound: no such link.
  [[nodiscard]] Result<std::string> LinkedName(const std::string& name) const;
  // Names of the entries, sorted, "." and ".." left out.
  [[nodiscard]] Result<std::vector<std::string>> List() const;
  // kNotFound: there is none of this name.
  [[nodiscard]] Result<SysfsDirectory> Inside(const std::string& name) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  SysfsDirectory(std::filesystem::path path, ScopedFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  [[nodiscard]] Error Failed(const std::string& name, int error) const;

  std::filesystem::path path_;
  ScopedFd fd_;
};

}  // namespace sekimori::drivers
