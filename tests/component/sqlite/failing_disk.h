// A disk under SQLite that fails and loses power when told. While one lives, every SQLite file of this process goes
// through it. It keeps, beside the real files, what would be left of them if the power went now: what was synced, and a
// random part of what was written since, sector by sector.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

namespace sekimori::sqlite {

class FailingDisk {
 public:
  explicit FailingDisk(unsigned seed);
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // Files by path, as a power cut would leave them.
  using Image = std::map<std::string, std::string>;
  // `cut` is called in the middle of the operation (write, truncation, sync) that comes after so many others.
  void CutAfter(int operations, std::function<void(const Image&)> cut);
  // The operation that comes after so many others fails, and every one until Repair().
  void FailAfter(int operations);
  void Repair();
  [[nodiscard]] int failures() const { return failures_; }

  // For the functions that SQLite calls. False: the operation must fail.
  [[nodiscard]] bool Write(const std::string& path, std::uint64_t offset, std::string_view bytes);
  [[nodiscard]] bool Truncate(const std::string& path, std::uint64_t size);
  [[nodiscard]] bool Sync(const std::string& path);
  void Opened(const std::string& path);
  void Deleted(const std::string& path);

 private:
  struct Change {
    std::uint64_t offset = 0;  // or the new size
    std::optional<std::string> bytes;
  };
  struct File {
    std::string synced;
    std::vector<Change> since;
  };
  static void Apply(const Change& change, std::string& content);
  void ApplyPartly(const Change& change, std::string& content);
  [[nodiscard]] Image Now();
  [[nodiscard]] bool Count();

  std::mt19937 random_;
  std::map<std::string, File> files_;
  std::optional<int> cut_in_, fail_in_;
  std::function<void(const Image&)> cut_;
  int failures_ = 0;
  sqlite3_vfs* real_;
  sqlite3_vfs shim_;
};

}  // namespace sekimori::sqlite
