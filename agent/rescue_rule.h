// Which devices are let in when nothing but the baseline can be trusted to be there. Pure. Req: R02
#pragma once

#include "agent/model/device.h"
#include "agent/model/policy.h"

namespace sekimori::agent {

// In the baseline, read whole, and with nothing but keyboards, mice and hubs in it: what somebody needs to sit down and
// look, and nothing that data could leave by.
[[nodiscard]] bool IsRescued(const model::Baseline& baseline, const model::Device& device);

}  // namespace sekimori::agent
