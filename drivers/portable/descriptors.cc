#include "drivers/portable/descriptors.h"

#include <algorithm>
#include <utility>

namespace sekimori::drivers {
namespace {

constexpr std::uint8_t kTypeDevice = 1;
constexpr std::uint8_t kTypeConfiguration = 2;
constexpr std::uint8_t kTypeInterface = 4;
constexpr std::uint8_t kTypeEndpoint = 5;
constexpr std::size_t kDeviceLength = 18;
constexpr std::size_t kConfigurationLength = 9;
constexpr std::size_t kInterfaceLength = 9;
constexpr std::size_t kEndpointLength = 7;
constexpr std::uint8_t kEndpointNumber = 15;  // bits of bEndpointAddress
constexpr std::uint8_t kTransferKind = 3;     // bits of bmAttributes
constexpr std::uint8_t kBulk = 2;
constexpr std::uint8_t kInterrupt = 3;

std::uint8_t Byte(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

std::uint16_t Word(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Byte(bytes, at) | Byte(bytes, at + 1) << 8);
}

std::string At(std::size_t offset, const char* what) {
  return "byte " + std::to_string(offset) + ": " + what;
}

// Endpoints follow the interface they belong to. One that is too short or has the number of the control endpoint does
// not count: the kernel skips it.
void TakeEndpoint(std::span<const std::byte> one, std::uint8_t configuration, ParsedDescriptors& parsed) {
  if (one.size() < kEndpointLength || parsed.interfaces.empty() || (Byte(one, 2) & kEndpointNumber) == 0) return;
  ParsedInterface& owner = parsed.interfaces.back();
  if (owner.interface.configuration != configuration) return;
  const int kind = Byte(one, 3) & kTransferKind;
  owner.bulk = owner.bulk || kind == kBulk;
  owner.stream = owner.stream || (kind != kBulk && kind != kInterrupt);
}

// What is inside one configuration, its own header included. Empty, or the fault.
std::string ParseInside(std::span<const std::byte> bytes, std::size_t base, ParsedDescriptors& parsed) {
  const std::uint8_t configuration = Byte(bytes, 5);
  for (std::size_t at = Byte(bytes, 0); at < bytes.size();) {
    if (bytes.size() - at < 2) return At(base + at, "a descriptor header is cut off");
    const std::size_t length = Byte(bytes, at);
    const std::uint8_t type = Byte(bytes, at + 1);
    if (length < 2) return At(base + at, "a descriptor is shorter than its header");
    if (length > bytes.size() - at) return At(base + at, "a descriptor reaches beyond its configuration");
    if (type == kTypeDevice || type == kTypeConfiguration)
      return At(base + at, "a device or configuration descriptor inside a configuration");
    if (type == kTypeInterface) {
      if (length < kInterfaceLength) return At(base + at, "an interface descriptor is too short");
      if (parsed.interfaces.size() == kMaxInterfaces) return At(base + at, "too many interface descriptors");
      const std::span<const std::byte> one = bytes.subspan(at, length);
      parsed.interfaces.push_back({.interface = {.configuration = configuration,
                                                 .number = Byte(one, 2),
                                                 .alternate = Byte(one, 3),
                                                 .kind = {Byte(one, 5), Byte(one, 6), Byte(one, 7)},
                                                 .name = {}},
                                   .name_index = Byte(one, 8)});
    }
    if (type == kTypeEndpoint) TakeEndpoint(bytes.subspan(at, length), configuration, parsed);
    at += length;
  }
  return {};
}

std::string ParseConfigurations(std::span<const std::byte> bytes, ParsedDescriptors& parsed) {
  const std::size_t announced = Byte(bytes, 17);
  std::size_t at = kDeviceLength;
  std::size_t found = 0;
  for (; at < bytes.size() && found < announced; ++found) {
    const std::span<const std::byte> rest = bytes.subspan(at);
    if (rest.size() < kConfigurationLength) return At(at, "a configuration descriptor is cut off");
    if (Byte(rest, 0) < kConfigurationLength || Byte(rest, 1) != kTypeConfiguration)
      return At(at, "not a configuration descriptor");
    const std::size_t total = Word(rest, 2);
    if (total < Byte(rest, 0)) return At(at, "a configuration is shorter than its own descriptor");
    if (std::string fault = ParseInside(rest.first(std::min(total, rest.size())), at, parsed); !fault.empty())
      return fault;
    // The operating system keeps less than was announced when the device sent less or when it stopped at a bad
    // descriptor; what it dropped cannot be judged.
    if (total > rest.size()) return At(at, "a configuration is shorter than announced");
    at += total;
  }
  if (found < announced) return At(at, "fewer configurations than announced");
  if (at < bytes.size()) return At(at, "bytes after the last configuration");
  return {};
}

}  // namespace

ParsedDescriptors ParseDescriptors(std::span<const std::byte> bytes) {
  ParsedDescriptors parsed;
  if (bytes.size() < kDeviceLength) {
    parsed.fault = "the device descriptor is cut off";
    return parsed;
  }
  parsed.vendor = Word(bytes, 8);
  parsed.product = Word(bytes, 10);
  parsed.release = Word(bytes, 12);
  parsed.kind = {Byte(bytes, 4), Byte(bytes, 5), Byte(bytes, 6)};
  parsed.manufacturer_index = Byte(bytes, 14);
  parsed.product_index = Byte(bytes, 15);
  parsed.serial_index = Byte(bytes, 16);
  if (Byte(bytes, 0) != kDeviceLength || Byte(bytes, 1) != kTypeDevice) {
    parsed.fault = "byte 0: not a device descriptor";
  } else if (bytes.size() > kMaxDescriptorBytes) {
    parsed.fault = "the descriptors are longer than any device may have";
  } else {
    parsed.fault = ParseConfigurations(bytes, parsed);
  }
  return parsed;
}

}  // namespace sekimori::drivers
