#include "drivers/linux/uevent.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "drivers/linux/port_path.h"

namespace sekimori::drivers {
namespace {

Error Invalid(const char* what) {
  return {ErrorCode::kInvalid, "uevent", what};
}

// The next NUL-terminated part, taken off the front; nullopt when its NUL is missing.
std::optional<std::string_view> TakePart(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

}  // namespace

Result<Uevent> ParseUevent(std::span<const std::byte> datagram) {
  if (datagram.size() > kMaxUevent)
    return Error{ErrorCode::kTooLarge, "uevent", "longer than " + std::to_string(kMaxUevent) + " bytes"};
  std::string_view rest(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  const std::optional<std::string_view> header = TakePart(rest);
  if (!header) return Invalid("a header ended by NUL was expected");
  const std::size_t at = header->find('@');
  if (at == std::string_view::npos || at == 0) return Invalid("a header like add@/devices/… was expected");

  std::map<std::string_view, std::string_view> values;
  while (!rest.empty()) {
    const std::optional<std::string_view> part = TakePart(rest);
    if (!part) return Invalid("the last part does not end with NUL");
    const std::size_t equals = part->find('=');
    if (equals == std::string_view::npos || equals == 0) return Invalid("a part like KEY=VALUE was expected");
    if (!values.emplace(part->substr(0, equals), part->substr(equals + 1)).second) return Invalid("a key occurs twice");
  }
  Uevent uevent{.action = std::string(values["ACTION"]),
                .devpath = std::string(values["DEVPATH"]),
                .subsystem = std::string(values["SUBSYSTEM"]),
                .devtype = std::string(values["DEVTYPE"])};
  if (uevent.action != header->substr(0, at) || uevent.devpath != header->substr(at + 1))
    return Invalid("the header contradicts ACTION or DEVPATH");
  if (!uevent.devpath.starts_with('/')) return Invalid("DEVPATH does not begin with a slash");
  if (uevent.subsystem.empty()) return Invalid("SUBSYSTEM is missing");
  return uevent;
}

std::string UsbPortPathOf(const Uevent& uevent) {
  if (uevent.subsystem != "usb") return {};
  const std::string name = uevent.devpath.substr(uevent.devpath.rfind('/') + 1);
  if (uevent.devtype == "usb_device") return IsPortPath(name) ? name : std::string{};
  if (uevent.devtype != "usb_interface") return {};
  const std::optional<InterfaceName> interface = ParseInterfaceName(name);
  return interface ? interface->port_path : std::string{};
}

}  // namespace sekimori::drivers
