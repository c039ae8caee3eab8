// Tells a wake-up from suspend and a step of the wall clock apart, from readings of three clocks. Pure.
// Source: clock_gettime(2): CLOCK_BOOTTIME counts suspend, CLOCK_MONOTONIC does not, CLOCK_REALTIME can be set.
#pragma once

#include <chrono>
#include <vector>

#include "agent/ports/system_notices.h"

namespace sekimori::drivers {

struct ClockReadings {
  std::chrono::microseconds wall{};
  std::chrono::microseconds boot{};
  std::chrono::microseconds monotonic{};
};

class ClockWatch {
 public:
  // Steps smaller than this are the work of time synchronization; sleeps shorter are no suspend.
  static constexpr std::chrono::microseconds kNoticeable = std::chrono::seconds{1};

  explicit ClockWatch(const ClockReadings& now) : last_(now) {}
  // What happened since the last call: nothing, a resume, a step, or both in that order.
  [[nodiscard]] std::vector<ports::SystemNotice> Notice(const ClockReadings& now);

 private:
  ClockReadings last_;
};

}  // namespace sekimori::drivers
