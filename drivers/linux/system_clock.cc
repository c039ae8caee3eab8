#include "drivers/linux/system_clock.h"

#include "drivers/linux/clock_reading.h"

namespace sekimori::drivers {

model::WallTime SystemClock::Now() const {
  return model::WallTime{ReadClock(CLOCK_REALTIME)};
}

model::BootTime SystemClock::SinceBoot() const {
  return ReadClock(CLOCK_BOOTTIME);
}

}  // namespace sekimori::drivers
