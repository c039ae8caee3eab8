// The two times there are. Req: R05
#pragma once

#include <chrono>

namespace sekimori::model {

// UTC by the terminal's clock. Stamps events; never measures a duration.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
// Since boot, suspend included (CLOCK_BOOTTIME).
using BootTime = std::chrono::microseconds;

}  // namespace sekimori::model
