#include "drivers/linux/disguise.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace sekimori::drivers {
namespace {

std::string ClassText(const model::InterfaceClass& kind) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x", kind.class_code, kind.subclass, kind.protocol);
  return text.data();
}

std::string Sentence(const model::Interface& interface, const std::string& but) {
  return "interface " + std::to_string(interface.number) + " says class " + ClassText(interface.kind) + ", but " + but;
}

// Their drivers talk to interrupt endpoints alone, and somebody must always be able to type.
bool IsInput(const model::InterfaceClass& kind) {
  return kind.class_code == model::kClassHid || kind.class_code == model::kClassHub;
}

bool SaysStorage(const model::Interface& interface, const std::set<std::uint8_t>& numbers) {
  return numbers.contains(interface.number) && interface.kind.class_code == model::kClassMassStorage;
}

}  // namespace

Result<model::Disguised> ServedInDisguise(const UsbDeviceDirectory& directory,
                                          const std::vector<model::Interface>& interfaces,
                                          const std::set<std::uint8_t>& let_in) {
  model::Disguised served;
  const auto says_storage = [&](const model::Interface& each) { return SaysStorage(each, let_in); };
  if (std::any_of(interfaces.begin(), interfaces.end(), says_storage)) return served;
  const Result<std::vector<InterfaceName>> present = directory.Interfaces();
  if (!present.ok()) return present.error();
  for (const InterfaceName& name : present.value()) {
    if (!let_in.contains(name.number)) continue;
    const Result<std::string> driver = directory.DriverOf(name);
    if (!driver.ok()) return driver.error();
    if (!IsStorageDriver(driver.value())) continue;
    const auto described = std::find_if(interfaces.begin(), interfaces.end(), [&](const model::Interface& each) {
      return each.configuration == name.configuration && each.number == name.number;
    });
    model::Interface interface;
    if (described != interfaces.end()) interface = *described;
    interface.number = name.number;
    served[name.number] = Sentence(interface, "the storage driver " + driver.value() + " serves it");
  }
  return served;
}

Result<model::Disguised> DisguisedAmong(const ParsedDescriptors& descriptors, model::Speed speed,
                                        const std::set<std::uint8_t>& numbers, const StorageAliases& aliases) {
  model::Disguised found;
  const auto says_storage = [&](const ParsedInterface& each) { return SaysStorage(each.interface, numbers); };
  if (std::any_of(descriptors.interfaces.begin(), descriptors.interfaces.end(), says_storage)) return found;
  for (const ParsedInterface& each : descriptors.interfaces) {
    const model::Interface& interface = each.interface;
    if (!numbers.contains(interface.number)) continue;
    const bool bulk = each.bulk && speed != model::Speed::kLow;
    if (IsInput(interface.kind) && (bulk || each.stream)) {
      found.try_emplace(interface.number, Sentence(interface, "it has endpoints that no such interface has"));
      continue;
    }
    const Result<std::string> taker = aliases.TakerOf(ModaliasOf(descriptors, interface));
    if (!taker.ok() && IsInput(interface.kind)) continue;
    if (!taker.ok()) return taker.error();
    if (!taker.value().empty())
      found.try_emplace(interface.number,
                        Sentence(interface, "the storage driver " + taker.value() + " would take it"));
  }
  return found;
}

}  // namespace sekimori::drivers
