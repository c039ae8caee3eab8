// Disks that are too small, full or read-only, for the tests of whatever keeps a database.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/mount.h>
#include <sys/resource.h>

namespace sekimori::sqlite {

// Files may not grow beyond a size: what the system answers is then EFBIG, which SQLite tells as an I/O error.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

// A file system of its own; only root may mount one, so the test's own name says where it needs that.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& folder) : folder_(folder) {
    mounted_ = mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=512k,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool MakeReadOnly(bool read_only) const {
    unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
    if (read_only) flags |= MS_RDONLY;
    return mount(nullptr, folder_.c_str(), nullptr, flags, nullptr) == 0;
  }

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

// Until the disk takes no more.
inline void FillUp(const std::filesystem::path& filler) {
  std::ofstream file(filler, std::ios::binary);
  while (file << std::string(4096, 'x') << std::flush) {
  }
}

}  // namespace sekimori::sqlite
