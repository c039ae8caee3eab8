// A kernel notice about a device, parsed from one netlink datagram. Pure and bounded. A notice is a hint where to look
// and nothing more: whatever it says, the device itself is read afterwards. Req: R02
// Source: Linux, lib/kobject_uevent.c: "ACTION@DEVPATH\0KEY=VALUE\0…", each NUL-terminated.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "proto/result.h"

namespace sekimori::drivers {

// The kernel builds a notice in 2048 bytes, beside its header.
inline constexpr std::size_t kMaxUevent = 8192;

struct Uevent {
  std::string action;     // "add", "change", "remove", "bind", "unbind", "move", "online", "offline"
  std::string devpath;    // below /sys: "/devices/pci0000:00/…/usb3/3-1"
  std::string subsystem;  // "usb"
  std::string devtype;    // "usb_device", "usb_interface"; empty for most others
  bool operator==(const Uevent&) const = default;
};

// kInvalid: not a kernel notice: no '@', a part without its NUL or its '=', a key twice, no SUBSYSTEM, or a header that
// contradicts ACTION or DEVPATH. kTooLarge beyond kMaxUevent.
[[nodiscard]] Result<Uevent> ParseUevent(std::span<const std::byte> datagram);

// The port path of the USB device the notice is about, itself or by one of its interfaces; empty if it is about
// anything else.
[[nodiscard]] std::string UsbPortPathOf(const Uevent& uevent);

}  // namespace sekimori::drivers
