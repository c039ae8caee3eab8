// Whether a device is one of those adopted at installation. Pure.
#pragma once

#include "agent/model/policy.h"

namespace sekimori::policy {

// Same vendor, product, serial, interface classes and device class as an entry, and of a kind that may be adopted at
// all: an entry for a disk, however it came into the baseline, admits nothing.
[[nodiscard]] bool IsAdopted(const model::Baseline& baseline, const model::Device& device);

// An entry of the same vendor, product and serial, whatever its interfaces: tells why a known device is no longer it.
[[nodiscard]] const model::AdoptedDevice* FindNamesake(const model::Baseline& baseline, const model::Device& device);

}  // namespace sekimori::policy
