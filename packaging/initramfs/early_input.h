// Which device may be used before the agent runs: in the initramfs, where a disk's passphrase is typed. A keyboard that
// is nothing else, and the hubs it may hang on. Everything else waits for the agent. Req: R02
// Source: USB 2.0 specification, 9.6 Standard USB Descriptor Definitions; HID 1.11, 4.2 and 4.3 (boot keyboard).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sekimori::early {

inline constexpr std::size_t kMaxDescriptors = 65536;

// `bytes` as sysfs gives them in a device's file "descriptors": the device descriptor and every configuration, whole.
// True for a hub that is only a hub and for a boot keyboard all of whose interfaces, in every configuration and
// alternate setting, are HID. False for anything else, and for bytes that do not fit together to the last one. Nor may
// it be a disk in disguise: any endpoint that is not an interrupt endpoint, which HID and hubs do not have and storage
// drivers need, speaks against it. At low speed a bulk endpoint does not: there the kernel makes an interrupt endpoint
// of it.
[[nodiscard]] bool MayBeUsedEarly(const std::uint8_t* bytes, std::size_t size, bool low_speed);

}  // namespace sekimori::early
