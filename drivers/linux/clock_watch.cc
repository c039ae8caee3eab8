#include "drivers/linux/clock_watch.h"

namespace sekimori::drivers {

std::vector<ports::SystemNotice> ClockWatch::Notice(const ClockReadings& now) {
  std::vector<ports::SystemNotice> notices;
  const auto slept = (now.boot - now.monotonic) - (last_.boot - last_.monotonic);
  if (slept >= kNoticeable) notices.push_back(ports::SystemResumed{slept});
  // What the wall clock would show had it only run on.
  const auto expected = last_.wall + (now.boot - last_.boot);
  const auto step = now.wall - expected;
  if (step > kNoticeable || step < -kNoticeable)
    notices.push_back(ports::ClockWasSet{model::WallTime{expected}, model::WallTime{now.wall}});
  last_ = now;
  return notices;
}

}  // namespace sekimori::drivers
