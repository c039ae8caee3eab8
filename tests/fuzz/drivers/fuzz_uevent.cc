// Whatever arrives on the netlink socket: refused or parsed whole; the port path it leads to is a device's name.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "drivers/linux/port_path.h"
#include "drivers/linux/uevent.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sekimori::drivers::Uevent;
  const sekimori::Result<Uevent> uevent = sekimori::drivers::ParseUevent(std::as_bytes(std::span(data, size)));
  if (!uevent.ok()) return 0;
  if (size == 0 || data[size - 1] != 0 || uevent.value().devpath.find('\0') != std::string::npos) std::abort();
  const std::string port_path = sekimori::drivers::UsbPortPathOf(uevent.value());
  if (!port_path.empty() && !sekimori::drivers::IsPortPath(port_path)) std::abort();
  return 0;
}
