#include "agent/core/admission.h"

#include <algorithm>

namespace sekimori::core {

namespace {

std::set<std::uint8_t> ActiveInterfaces(const model::Device& device) {
  std::set<std::uint8_t> numbers;
  for (const model::Interface& interface : device.interfaces)
    if (interface.configuration == device.active_configuration) numbers.insert(interface.number);
  return numbers;
}

}  // namespace

Target TargetOf(const model::Decision& decision) {
  switch (decision.verdict) {
    case model::Verdict::kDeny:
      return {Target::Kind::kShut, {}};
    case model::Verdict::kAllow:
      return {Target::Kind::kOpen, {}};
    case model::Verdict::kAllowInterfaces:
      if (decision.interfaces.empty()) return {Target::Kind::kShut, {}};
      return {Target::Kind::kSome, decision.interfaces};
  }
  return {Target::Kind::kShut, {}};
}

bool MoreOpen(const Target& target, const model::Admission& admission) {
  switch (target.kind) {
    case Target::Kind::kLeave:
    case Target::Kind::kOpen:
      return false;
    case Target::Kind::kShut:
      return admission.authorized;
    case Target::Kind::kSome:
      return admission.authorized && !std::includes(target.interfaces.begin(), target.interfaces.end(),
                                                    admission.interfaces.begin(), admission.interfaces.end());
  }
  return true;
}

bool LessOpen(const Target& target, const model::Device& device, const model::Admission& admission) {
  if (target.kind == Target::Kind::kLeave || target.kind == Target::Kind::kShut) return false;
  if (!admission.authorized) return true;
  if (device.active_configuration == 0) return false;
  const std::set<std::uint8_t> active = ActiveInterfaces(device);
  return std::any_of(active.begin(), active.end(), [&](std::uint8_t number) {
    const bool wanted = target.kind == Target::Kind::kOpen || target.interfaces.contains(number);
    return wanted && !admission.interfaces.contains(number);
  });
}

bool BecameAnother(const model::Device& judged, const model::Device& seen) {
  if (judged.active_configuration != 0 && seen.active_configuration != 0 &&
      judged.active_configuration != seen.active_configuration)
    return true;
  model::Device compared = seen;
  compared.active_configuration = judged.active_configuration;
  return !(compared == judged);
}

bool AnotherIdentity(const model::Device& judged, const model::Device& seen) {
  return judged.descriptor_hash != seen.descriptor_hash || judged.vendor != seen.vendor ||
         judged.product != seen.product || judged.serial != seen.serial || judged.kind != seen.kind ||
         judged.complete != seen.complete || model::InterfaceClasses(judged) != model::InterfaceClasses(seen);
}

}  // namespace sekimori::core
