// The only door to chance. Any thread.
#pragma once

#include <array>
#include <cstdint>

#include "proto/result.h"

namespace sekimori::ports {

class Random {
 public:
  virtual ~Random() = default;
  // From the system's own source, fit for secrets. kUnavailable: none to be had, and what needed it must not happen.
  [[nodiscard]] virtual Result<std::array<std::uint8_t, 32>> Bytes() = 0;
};

}  // namespace sekimori::ports
