// How far a device is to be let in, and how the kernel's state stands to it. Pure. Req: R02
#pragma once

#include <cstdint>
#include <set>

#include "agent/model/decision.h"
#include "agent/model/device.h"

namespace sekimori::core {

struct Target {
  enum class Kind {
    kLeave,  // whatever it is: not ours to touch
    kShut,
    kSome,  // only `interfaces`
    kOpen,
  };
  Kind kind = Kind::kShut;
  std::set<std::uint8_t> interfaces;
  bool operator==(const Target&) const = default;
};

// What an admitted or refused device is to look like in the kernel under an enforcing policy.
[[nodiscard]] Target TargetOf(const model::Decision& decision);

// Something stands open that must not. Refusing comes first, so this is asked before LessOpen.
[[nodiscard]] bool MoreOpen(const Target& target, const model::Admission& admission);
// Something is shut that may be open. `device` tells which interfaces the active configuration has; while none is
// active only the device's own authorization is asked.
[[nodiscard]] bool LessOpen(const Target& target, const model::Device& device, const model::Admission& admission);

// Whether the device became something else since it was judged: descriptors, class, strings, or another configuration.
// The kernel's first choice of a configuration, which follows from letting it in, is not a change.
[[nodiscard]] bool BecameAnother(const model::Device& judged, const model::Device& seen);
// Of those changes, the ones that make it another device to an auditor: recorded even if the decision stays.
[[nodiscard]] bool AnotherIdentity(const model::Device& judged, const model::Device& seen);

}  // namespace sekimori::core
