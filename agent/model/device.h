// A USB device as a plain value: everything a decision may look at, nothing that touches the world.
// Req: R02. Field meanings: USB 2.0 specification, 9.6 Standard USB Descriptor Definitions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/policy_values/policy.h"

namespace sekimori::model {

using policy_values::InterfaceClass;

inline constexpr std::uint8_t kClassHid = 0x03;
inline constexpr std::uint8_t kClassMassStorage = 0x08;
inline constexpr std::uint8_t kClassHub = 0x09;
inline constexpr std::uint8_t kClassSmartCard = 0x0b;

struct Interface {
  std::uint8_t configuration = 0;  // bConfigurationValue it belongs to
  std::uint8_t number = 0;
  std::uint8_t alternate = 0;
  InterfaceClass kind;
  std::string name;  // iInterface string, empty if none
  auto operator<=>(const Interface&) const = default;
};

using policy_values::Speed;

struct Device {
  std::string port_path;      // "3-1.2" (sysfs name); a root hub is "usb3"
  std::string parent;         // port path of the hub it hangs on; empty for a root hub
  std::uint32_t address = 0;  // device number on its bus: another one for every connection
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t release = 0;  // bcdDevice
  std::string manufacturer;   // UTF-8, control characters replaced, at most 126 characters each
  std::string product_name;
  std::string serial;
  InterfaceClass kind;  // of the device descriptor
  Speed speed = Speed::kUnknown;
  std::uint8_t active_configuration = 0;           // 0: none chosen (unauthorized)
  std::vector<Interface> interfaces;               // of every configuration and alternate setting, in descriptor order
  std::array<std::uint8_t, 32> descriptor_hash{};  // SHA-256 of device descriptor and all configuration descriptors
  bool root_hub = false;
  bool complete =
      false;  // all descriptors were read and agree with their lengths; strings the device refused are empty
  bool operator==(const Device&) const = default;

  [[nodiscard]] bool hub() const { return kind.class_code == kClassHub; }
};

// The set of classes over all configurations and alternate settings: what the device could become.
[[nodiscard]] inline std::set<InterfaceClass> InterfaceClasses(const Device& device) {
  std::set<InterfaceClass> classes;
  for (const Interface& interface : device.interfaces)
    classes.insert(interface.kind);
  return classes;
}

// Interfaces by number that do not say they are storage and yet are disks, or would be as soon as a driver came: each
// with a sentence that names driver, interface and class.
using Disguised = std::map<std::uint8_t, std::string>;

// What the kernel lets through at this moment.
struct Admission {
  bool authorized = false;            // the device itself
  std::set<std::uint8_t> interfaces;  // numbers of interfaces of the active configuration that are authorized
  Disguised disguised = {};           // of these; none when one of them says it is storage, for then storage is let in
  bool operator==(const Admission&) const = default;
};

// One look at a device: what it says it is, and how far it is let in.
struct Observation {
  Device device;
  Admission admission;
  bool operator==(const Observation&) const = default;
};

}  // namespace sekimori::model
