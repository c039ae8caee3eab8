// A file that a secret is written to: new, 0600, and taken away again when the command fails.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "proto/result.h"

namespace sekimori::ctl {

class OutFile {
 public:
  // An empty path: no file; Write then does nothing. kExists when it is there already: a secret never replaces a file.
  [[nodiscard]] static Result<OutFile> OpenNew(const std::filesystem::path& path);
  ~OutFile();
  OutFile(OutFile&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;
  OutFile& operator=(OutFile&&) = delete;

  // Whole and synced, or an error.
  [[nodiscard]] Status Write(std::string_view bytes);
  // Removes the file, or, where that is no longer permitted, empties it.
  void Discard();

 private:
  OutFile(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace sekimori::ctl
