// Reads a device's descriptors as the operating system keeps them: the device descriptor followed by every
// configuration with everything inside it. Pure and bounded; the bytes come from the device and are hostile.
// Source: USB 2.0 specification, 9.5, 9.6.1, 9.6.3, 9.6.5. Req: R02
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/model/device.h"

namespace sekimori::drivers {

// Eight configurations (the kernel's own bound) of the greatest length a configuration can claim.
inline constexpr std::size_t kMaxDescriptorBytes = 18 + std::size_t{8} * 65535;
// Interface descriptors of all configurations and alternate settings. The largest honest devices (cameras, sound
// cards) have some sixty.
inline constexpr std::size_t kMaxInterfaces = 512;

struct ParsedInterface {
  model::Interface interface;   // its name is empty
  std::uint8_t name_index = 0;  // iInterface; 0: none
  // Whether it has endpoints of another kind than interrupt, which is the only kind HID and hubs have: bulk ones, or
  // isochronous and control ones.
  bool bulk = false;
  bool stream = false;
};

struct ParsedDescriptors {
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t release = 0;
  model::InterfaceClass kind;
  std::uint8_t manufacturer_index = 0;  // string indices; 0: none
  std::uint8_t product_index = 0;
  std::uint8_t serial_index = 0;
  std::vector<ParsedInterface> interfaces;  // in descriptor order, at most kMaxInterfaces
  // Empty: the bytes are whole and agree with their own lengths. Else what does not, and `interfaces` holds what was
  // read up to there.
  std::string fault;
};

// Never fails: what is broken is said in `fault`, and such a device is refused as unreadable. A number of interfaces
// that differs from the number announced is no fault, because every interface that is there is listed.
[[nodiscard]] ParsedDescriptors ParseDescriptors(std::span<const std::byte> bytes);

}  // namespace sekimori::drivers
