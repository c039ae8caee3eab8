// Time windows of rules, in the terminal's local time. Pure; a window that never opens (from == until, no such day) is
// closed.
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/model/policy.h"

namespace sekimori::policy {

// weekday: ISO, 1 Monday … 7 Sunday. A window over midnight belongs to the day it starts on.
[[nodiscard]] bool IsOpen(const model::TimeWindow& window, std::uint8_t weekday, std::chrono::minutes time_of_day);

}  // namespace sekimori::policy
