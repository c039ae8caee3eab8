// What an answer keeps from others than root. Pure. Req: R11
// Everyone may ask why a device was refused; what a rule would have wanted instead is what the policy file keeps to
// root, because it helps to clone an admitted device.
#pragma once

#include <cstdint>

#include "agent/ports/questions.h"

namespace sekimori::control {

// The answer as this user may read it. What a condition wants is shown only for conditions that tell a kind of device
// or a time, never one device, person or port; a condition not known here is kept to root.
[[nodiscard]] ports::Answer WithholdFrom(std::uint32_t uid, ports::Answer answer);

}  // namespace sekimori::control
