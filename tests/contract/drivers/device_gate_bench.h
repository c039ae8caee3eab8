// What the device gate's contract needs of the world around a gate: devices that come and go, and controllers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "agent/ports/device_gate.h"

namespace sekimori::contract {

class GateBench {
 public:
  virtual ~GateBench() = default;
  [[nodiscard]] virtual ports::DeviceGate& gate() = 0;
  // Plugs a keyboard with a disk (interfaces 0 keyboard, 1 disk) and gives it as a source would.
  [[nodiscard]] virtual model::Device PlugKeyboardWithDisk() = 0;
  // Plugs a device that says no storage in any interface (0 and 1) and of which a storage driver would make a disk.
  [[nodiscard]] virtual model::Device PlugDisguisedDisk() = 0;
  // Pulls it and puts another device into the same port.
  virtual void ReplaceDevice() = 0;
  virtual void Unplug() = 0;
  // A controller comes: the root hub of a bus that was not there.
  [[nodiscard]] virtual model::Device AddController() = 0;
  // What the kernel lets through of the device plugged, asked past the gate.
  [[nodiscard]] virtual model::Admission Admitted() = 0;
  // Opens the device as somebody else than the agent would.
  virtual void OpenFromOutside() = 0;
};

struct GateMaker {
  std::string name;
  std::function<std::unique_ptr<GateBench>()> make;
};
inline void PrintTo(const GateMaker& maker, std::ostream* out) {
  *out << maker.name;
}
// By the program that runs the suite.
[[nodiscard]] std::vector<GateMaker> GateMakers();

}  // namespace sekimori::contract

namespace sekimori::model {

// For failing tests' messages.
inline void PrintTo(const Admission& admission, std::ostream* out) {
  *out << (admission.authorized ? "in, interfaces" : "shut, interfaces");
  for (const std::uint8_t number : admission.interfaces)
    *out << ' ' << int{number};
}

}  // namespace sekimori::model
