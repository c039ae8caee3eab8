// Small files that are whole or not there, also after a power cut: written aside, synced, renamed, directory synced.
// Mode 0600 from the first moment. One platform per .cc.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "proto/result.h"

namespace sekimori::files {

inline constexpr std::size_t kMaxSmallFile = std::size_t{1} << 20;

// kExists when the file is there already (nothing is changed); kIo, kFull.
[[nodiscard]] Status WriteNew(const std::filesystem::path& path, std::string_view bytes);
// Puts the bytes in place of what is there, if anything.
[[nodiscard]] Status Replace(const std::filesystem::path& path, std::string_view bytes);
// kNotFound; kTooLarge over `max` bytes; kInvalid when it is no regular file.
[[nodiscard]] Result<std::string> ReadSmall(const std::filesystem::path& path, std::size_t max = kMaxSmallFile);
// As ReadSmall, and kDenied unless only its owner can read it and its owner is this process' user or root.
[[nodiscard]] Result<std::string> ReadPrivate(const std::filesystem::path& path, std::size_t max = kMaxSmallFile);
// As ReadSmall, and kDenied if others than its owner can write it, or its owner is neither this process' user nor root.
[[nodiscard]] Result<std::string> ReadGuarded(const std::filesystem::path& path, std::size_t max = kMaxSmallFile);
// Renamed, also after a power cut; what is at the new name is replaced. kNotFound.
[[nodiscard]] Status Move(const std::filesystem::path& from, const std::filesystem::path& to);
// Gone, also after a power cut. Nothing there is no error.
[[nodiscard]] Status Remove(const std::filesystem::path& path);

}  // namespace sekimori::files
