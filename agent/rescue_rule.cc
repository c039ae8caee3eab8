#include "agent/rescue_rule.h"

#include <algorithm>

#include "agent/policy/baseline.h"

namespace sekimori::agent {

bool IsRescued(const model::Baseline& baseline, const model::Device& device) {
  if (device.root_hub || !device.complete || device.interfaces.empty()) return false;
  const bool input_only = std::all_of(device.interfaces.begin(), device.interfaces.end(), [](const auto& interface) {
    return interface.kind.class_code == model::kClassHid || interface.kind.class_code == model::kClassHub;
  });
  return input_only && policy::IsAdopted(baseline, device);
}

}  // namespace sekimori::agent
