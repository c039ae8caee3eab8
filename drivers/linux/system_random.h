// The kernel's source of chance. Any thread. Source: getrandom(2).
#pragma once

#include "agent/ports/random.h"

namespace sekimori::drivers {

class SystemRandom final : public ports::Random {
 public:
  // Waits only where the kernel has not gathered enough since boot.
  [[nodiscard]] Result<std::array<std::uint8_t, 32>> Bytes() override;
};

}  // namespace sekimori::drivers
