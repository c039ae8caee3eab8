// The machine's clocks. Any thread. Source: clock_gettime(2).
#pragma once

#include "agent/ports/clock.h"

namespace sekimori::drivers {

class SystemClock final : public ports::Clock {
 public:
  // CLOCK_REALTIME.
  [[nodiscard]] model::WallTime Now() const override;
  // CLOCK_BOOTTIME: suspend included.
  [[nodiscard]] model::BootTime SinceBoot() const override;
};

}  // namespace sekimori::drivers
