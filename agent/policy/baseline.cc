#include "agent/policy/baseline.h"

#include <algorithm>

#include "agent/policy/decide.h"
#include "agent/policy/match.h"

namespace sekimori::policy {
namespace {

// A real keyboard or reader has a handful; one that claims hundreds shall not fill the baseline.
constexpr std::size_t kMostClasses = 32;

bool IsSameIdentity(const model::AdoptedDevice& entry, const model::Device& device) {
  return entry.vendor == device.vendor && entry.product == device.product && entry.serial == device.serial;
}

}  // namespace

bool IsAdopted(const model::Baseline& baseline, const model::Device& device) {
  if (!IsAdoptable(device)) return false;
  const std::set<model::InterfaceClass> classes = model::InterfaceClasses(device);
  return std::ranges::any_of(baseline, [&](const model::AdoptedDevice& entry) {
    return IsSameIdentity(entry, device) && entry.interfaces == classes && entry.kind == device.kind;
  });
}

const model::AdoptedDevice* FindNamesake(const model::Baseline& baseline, const model::Device& device) {
  const auto found =
      std::ranges::find_if(baseline, [&](const model::AdoptedDevice& entry) { return IsSameIdentity(entry, device); });
  return found == baseline.end() ? nullptr : &*found;
}

bool IsAdoptable(const model::Device& device) {
  if (!device.complete || device.root_hub || device.interfaces.empty()) return false;
  const std::vector<model::InterfaceClass> classes = Subject(device).classes;
  return classes.size() <= kMostClasses && std::ranges::all_of(classes, [](const model::InterfaceClass& kind) {
           return kind.class_code == model::kClassHid || kind.class_code == model::kClassHub ||
                  kind.class_code == model::kClassSmartCard;
         });
}

model::AdoptedDevice Adopt(const model::Device& device) {
  return {.vendor = device.vendor,
          .product = device.product,
          .serial = device.serial,
          .interfaces = model::InterfaceClasses(device),
          .kind = device.kind,
          .product_name = device.product_name};
}

}  // namespace sekimori::policy
