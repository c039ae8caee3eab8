// Times and durations as people type them at a command line. Pure, but for the local time zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "proto/result.h"

namespace sekimori::words {

// "90m", "12h", "7d", "2w"; whole numbers above 0, at most ten years. kInvalid.
[[nodiscard]] Result<std::chrono::seconds> ParseDuration(std::string_view text);

// Microseconds since 1970. "2026-11-21", "2026-11-21T10:30", "2026-11-21 10:30:15" in the machine's local time; with
// "Z" or an offset ("+09:00") as said; "-2h" or "-7d": so long before `now_us`. kInvalid.
[[nodiscard]] Result<std::int64_t> ParseTime(std::string_view text, std::int64_t now_us);

}  // namespace sekimori::words
