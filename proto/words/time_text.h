// Times as people and auditors read them: ISO 8601 in the machine's local time, offset included. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sekimori::words {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// The messages carry times as microseconds since 1970, UTC.
[[nodiscard]] inline WallTime TimeOfMessage(std::int64_t time_us) {
  return WallTime(std::chrono::microseconds(time_us));
}

// "2026-11-21T16:38:39+09:00", whole seconds, local to TZ or /etc/localtime.
[[nodiscard]] std::string LocalTimeText(WallTime time);
// "2026-11-21T07:38:39.123456Z", for exports and JSON.
[[nodiscard]] std::string UtcTimeText(WallTime time);

}  // namespace sekimori::words
