// Which process this is, in a way that no later one can be mistaken for it. Any thread. Source: proc(5),
// /proc/PID/stat and status.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/model/login.h"
#include "proto/result.h"

namespace sekimori::drivers {

struct ProcessStat {
  std::uint32_t parent = 0;
  std::uint64_t started = 0;  // clock ticks since boot
  bool operator==(const ProcessStat&) const = default;
};

// kCorrupt: not such a line. A program chooses its own name, which may hold blanks, brackets and line ends.
[[nodiscard]] Result<ProcessStat> ParseProcessStat(std::string_view line);

// kNotFound: no such process, or it is not shown to us; kIo; kCorrupt.
[[nodiscard]] Result<ProcessStat> ReadProcessStat(std::uint32_t pid);

// From /proc/PID/status. kCorrupt: no such text.
[[nodiscard]] Result<std::uint32_t> ParseRealUid(std::string_view status);
// Errors as ReadProcessStat.
[[nodiscard]] Result<std::uint32_t> ReadRealUid(std::uint32_t pid);
// Who logged in where it runs, whoever it has become since (pam_loginuid(8)); 4294967295: nobody. Errors as
// ReadProcessStat.
[[nodiscard]] Result<std::uint32_t> ReadLoginUid(std::uint32_t pid);

}  // namespace sekimori::drivers
