// Times as operators type and read them. Pure, but for the local time zone.
#pragma once

#include <cstdint>
#include <string>

#include "proto/words/time_input.h"

namespace sekimori::ctl {

using words::ParseDuration;
using words::ParseTime;

[[nodiscard]] std::int64_t NowUs();

// Local time for people, "-" for never (0).
[[nodiscard]] std::string TimeText(std::int64_t time_us);
// UTC for JSON and exports, empty for never (0).
[[nodiscard]] std::string TimeJson(std::int64_t time_us);

}  // namespace sekimori::ctl
