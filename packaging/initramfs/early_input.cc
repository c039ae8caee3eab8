#include "packaging/initramfs/early_input.h"

namespace sekimori::early {
namespace {

constexpr std::uint8_t kDevice = 1;
constexpr std::uint8_t kConfiguration = 2;
constexpr std::uint8_t kInterface = 4;
constexpr std::uint8_t kEndpoint = 5;
constexpr std::uint8_t kEndpointNumber = 15;  // bits of bEndpointAddress
constexpr std::uint8_t kTransferKind = 3;     // bits of bmAttributes
constexpr std::uint8_t kBulk = 2;
constexpr std::uint8_t kInterrupt = 3;
constexpr std::uint8_t kHid = 3;
constexpr std::uint8_t kHub = 9;
constexpr std::size_t kDeviceSize = 18;
constexpr std::size_t kConfigurationSize = 9;
constexpr std::size_t kInterfaceSize = 9;
constexpr std::size_t kEndpointSize = 7;

// Realtek's card readers. Their driver (rtsx_usb) takes them by these numbers whatever class they show, and is content
// with interrupt endpoints; every other storage driver needs bulk ones.
constexpr unsigned kRealtek = 0x0bda;
bool IsCardReader(const std::uint8_t* device) {
  const unsigned vendor = device[8] | (static_cast<unsigned>(device[9]) << 8U);
  const unsigned product = device[10] | (static_cast<unsigned>(device[11]) << 8U);
  return vendor == kRealtek && (product == 0x0129 || product == 0x0139 || product == 0x0140);
}

// What the interfaces seen so far have in common.
struct Seen {
  bool only_hid = true;
  bool only_hub = true;
  bool boot_keyboard = false;
  bool bulk = false;
  bool stream = false;  // isochronous or control
  std::size_t interfaces = 0;
};

void TakeInterface(const std::uint8_t* interface, Seen& seen) {
  const std::uint8_t class_code = interface[5];
  seen.only_hid = seen.only_hid && class_code == kHid;
  seen.only_hub = seen.only_hub && class_code == kHub;
  if (class_code == kHid && interface[6] == 1 && interface[7] == 1) seen.boot_keyboard = true;
  ++seen.interfaces;
}

// The kernel skips what is too short or has the number of the control endpoint.
void TakeEndpoint(const std::uint8_t* endpoint, std::size_t length, Seen& seen) {
  if (length < kEndpointSize || (endpoint[2] & kEndpointNumber) == 0) return;
  const int kind = endpoint[3] & kTransferKind;
  seen.bulk = seen.bulk || kind == kBulk;
  seen.stream = seen.stream || (kind != kBulk && kind != kInterrupt);
}

// One configuration of exactly `size` bytes. False when a descriptor inside does not fit.
bool TakeConfiguration(const std::uint8_t* bytes, std::size_t size, Seen& seen) {
  std::size_t at = kConfigurationSize;
  while (at < size) {
    if (size - at < 2) return false;
    const std::size_t length = bytes[at];
    if (length < 2 || length > size - at) return false;
    const std::uint8_t type = bytes[at + 1];
    if (type == kDevice || type == kConfiguration) return false;
    if (type == kInterface) {
      if (length < kInterfaceSize) return false;
      TakeInterface(bytes + at, seen);
    }
    if (type == kEndpoint) TakeEndpoint(bytes + at, length, seen);
    at += length;
  }
  return true;
}

bool TakeConfigurations(const std::uint8_t* bytes, std::size_t size, std::uint8_t count, Seen& seen) {
  std::size_t at = 0;
  for (std::uint8_t i = 0; i < count; ++i) {
    if (size - at < kConfigurationSize) return false;
    const std::uint8_t* configuration = bytes + at;
    const std::size_t total =
        static_cast<std::size_t>(configuration[2]) | (static_cast<std::size_t>(configuration[3]) << 8U);
    if (configuration[0] != kConfigurationSize || configuration[1] != kConfiguration) return false;
    if (total < kConfigurationSize || total > size - at) return false;
    if (!TakeConfiguration(configuration, total, seen)) return false;
    at += total;
  }
  return at == size;
}

}  // namespace

bool MayBeUsedEarly(const std::uint8_t* bytes, std::size_t size, bool low_speed) {
  if (size < kDeviceSize || size > kMaxDescriptors) return false;
  if (bytes[0] != kDeviceSize || bytes[1] != kDevice) return false;
  const std::uint8_t device_class = bytes[4];
  const std::uint8_t configurations = bytes[17];
  if (configurations == 0) return false;

  Seen seen;
  if (!TakeConfigurations(bytes + kDeviceSize, size - kDeviceSize, configurations, seen)) return false;
  if (seen.interfaces == 0 || seen.stream || IsCardReader(bytes)) return false;
  if (seen.bulk && !low_speed) return false;
  if (device_class == kHub) return seen.only_hub;
  return device_class == 0 && seen.only_hid && seen.boot_keyboard;
}

}  // namespace sekimori::early
