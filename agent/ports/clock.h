// The only door to time.
#pragma once

#include "agent/model/event.h"

namespace sekimori::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual model::WallTime Now() const = 0;
  [[nodiscard]] virtual model::BootTime SinceBoot() const = 0;
};

}  // namespace sekimori::ports
