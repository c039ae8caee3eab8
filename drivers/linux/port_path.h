// Names of USB devices in sysfs: "usb3" is the root hub of bus 3, "3-1.2" hangs on port 2 of what hangs on port 1 of
// it, "3-1.2:1.0" is interface 0 of its configuration 1. Pure. Source: Linux, Documentation/ABI/stable/sysfs-bus-usb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekimori::drivers {

// Whether the text is a device's name and nothing else; also the guard against '/' and ".." in what is opened.
[[nodiscard]] bool IsPortPath(std::string_view name);
[[nodiscard]] bool IsRootHub(std::string_view port_path);
// "3-1.2" → "3-1", "3-1" → "usb3", "usb3" → "".
[[nodiscard]] std::string ParentOf(std::string_view port_path);
// "3-1.2" → "usb3", "usb3" → "usb3".
[[nodiscard]] std::string RootHubOf(std::string_view port_path);
// Hops from the controller: "usb3" 0, "3-1" 1, "3-1.2" 2. A parent's is always smaller.
[[nodiscard]] int Tier(std::string_view port_path);

struct InterfaceName {
  std::string port_path;
  std::uint8_t configuration = 0;
  std::uint8_t number = 0;
  bool operator==(const InterfaceName&) const = default;
};
// "3-1.2:1.0"; a root hub's is "3-0:1.0". nullopt for anything else.
[[nodiscard]] std::optional<InterfaceName> ParseInterfaceName(std::string_view name);

}  // namespace sekimori::drivers
