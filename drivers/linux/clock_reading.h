// One reading of a kernel clock in microseconds. Any thread. Source: clock_gettime(2).
#pragma once

#include <chrono>

#include <time.h>

namespace sekimori::drivers {

[[nodiscard]] inline std::chrono::microseconds ReadClock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::seconds{now.tv_sec} +
                                                               std::chrono::nanoseconds{now.tv_nsec});
}

}  // namespace sekimori::drivers
