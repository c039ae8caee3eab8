#include "packaging/initramfs/early_input.h"

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori::early {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct InterfaceSpec {
  std::uint8_t class_code, subclass, protocol;
  std::uint8_t transfer = 3;  // of its endpoint: interrupt
};

// Interface descriptors with one endpoint each; a HID descriptor in between, as keyboards have.
Bytes Configuration(std::initializer_list<InterfaceSpec> interfaces) {
  Bytes bytes = {9, 2, 0, 0, static_cast<std::uint8_t>(interfaces.size()), 1, 0, 0xa0, 50};
  std::uint8_t number = 0;
  for (const InterfaceSpec& spec : interfaces) {
    const Bytes interface = {9, 4, number++, 0, 1, spec.class_code, spec.subclass, spec.protocol, 0};
    const Bytes hid = {9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0};
    const Bytes endpoint = {7, 5, 0x81, spec.transfer, 8, 0, 10};
    for (const Bytes& part : {interface, hid, endpoint})
      bytes.insert(bytes.end(), part.begin(), part.end());
  }
  bytes[2] = static_cast<std::uint8_t>(bytes.size() & 0xff);
  bytes[3] = static_cast<std::uint8_t>(bytes.size() >> 8);
  return bytes;
}

Bytes Device(std::uint8_t device_class, std::initializer_list<Bytes> configurations) {
  Bytes bytes = {18, 1, 0, 2, device_class, 0, 0, 64, 0x6d, 4, 0x1c, 0xc3, 0, 1, 1, 2, 0};
  bytes.push_back(static_cast<std::uint8_t>(configurations.size()));
  for (const Bytes& configuration : configurations)
    bytes.insert(bytes.end(), configuration.begin(), configuration.end());
  return bytes;
}

bool May(const Bytes& bytes, bool low_speed = false) {
  return MayBeUsedEarly(bytes.data(), bytes.size(), low_speed);
}

constexpr InterfaceSpec kKeyboard = {3, 1, 1};
constexpr InterfaceSpec kMediaKeys = {3, 0, 0};
constexpr InterfaceSpec kMouse = {3, 1, 2};
constexpr InterfaceSpec kDisk = {8, 6, 0x50};
constexpr InterfaceSpec kHubInterface = {9, 0, 0};

TEST(MayBeUsedEarly, LetsKeyboardsAndHubsIn) {
  EXPECT_TRUE(May(Device(0, {Configuration({kKeyboard})})));
  EXPECT_TRUE(May(Device(0, {Configuration({kKeyboard, kMediaKeys})})));
  EXPECT_TRUE(May(Device(9, {Configuration({kHubInterface})})));
}

TEST(MayBeUsedEarly, RefusesEverythingElse) {
  const struct {
    const char* name;
    Bytes bytes;
  } cases[] = {
      {"disk", Device(0, {Configuration({kDisk})})},
      {"keyboard that is also a disk", Device(0, {Configuration({kKeyboard, kDisk})})},
      {"disk in another configuration", Device(0, {Configuration({kKeyboard}), Configuration({kDisk})})},
      {"hub that is also a disk", Device(9, {Configuration({kHubInterface, kDisk})})},
      {"hub by name, keyboard inside", Device(9, {Configuration({kKeyboard})})},
      {"hub interface in a device that is none", Device(0, {Configuration({kHubInterface})})},
      {"mouse alone", Device(0, {Configuration({kMouse})})},
      {"vendor's own class", Device(0xff, {Configuration({kKeyboard})})},
      {"no interface at all", Device(0, {Configuration({})})},
      {"no configuration", Device(0, {})},
  };
  for (const auto& c : cases)
    EXPECT_FALSE(May(c.bytes)) << c.name;
}

TEST(MayBeUsedEarly, RefusesDisksInDisguise) {
  constexpr InterfaceSpec bulk_keyboard = {3, 1, 1, 2};
  constexpr InterfaceSpec bulk_hub = {9, 0, 0, 2};
  EXPECT_FALSE(May(Device(0, {Configuration({bulk_keyboard})})));
  EXPECT_FALSE(May(Device(0, {Configuration({kKeyboard}), Configuration({kKeyboard, bulk_keyboard})})));
  EXPECT_FALSE(May(Device(9, {Configuration({bulk_hub})})));
  // At low speed the kernel makes interrupt endpoints of them, and of no others.
  constexpr InterfaceSpec isochronous_keyboard = {3, 1, 1, 1};
  EXPECT_TRUE(May(Device(0, {Configuration({bulk_keyboard})}), /*low_speed=*/true));
  EXPECT_FALSE(May(Device(0, {Configuration({isochronous_keyboard})}), /*low_speed=*/true));
  for (const std::uint8_t product : std::initializer_list<std::uint8_t>{0x29, 0x39, 0x40}) {
    Bytes reader = Device(0, {Configuration({kKeyboard})});
    reader[8] = 0xda;
    reader[9] = 0x0b;
    reader[10] = product;
    reader[11] = 0x01;
    EXPECT_FALSE(May(reader)) << int{product};
    reader[11] = 0x02;
    EXPECT_TRUE(May(reader)) << int{product};
  }
}

TEST(MayBeUsedEarly, RefusesAnyCutOrSurplus) {
  const Bytes keyboard = Device(0, {Configuration({kKeyboard}), Configuration({kKeyboard, kMediaKeys})});
  ASSERT_TRUE(May(keyboard));
  for (std::size_t size = 0; size < keyboard.size(); ++size)
    EXPECT_FALSE(MayBeUsedEarly(keyboard.data(), size, /*low_speed=*/true)) << size;
  Bytes surplus = keyboard;
  surplus.push_back(0);
  EXPECT_FALSE(May(surplus));
}

TEST(MayBeUsedEarly, RefusesDescriptorsThatDoNotFitTogether) {
  const Bytes good = Device(0, {Configuration({kKeyboard})});
  const struct {
    const char* name;
    std::size_t at;
    std::uint8_t value;
  } cases[] = {
      {"device descriptor of another length", 0, 17},
      {"not a device descriptor", 1, 2},
      {"more configurations announced than there are", 17, 2},
      {"configuration of another length", 18, 8},
      {"total length short of its descriptors", 20, 20},
      {"total length beyond the bytes", 21, 1},
      {"interface of length zero", 27, 0},
      {"interface of length one", 27, 1},
      {"interface too short to tell its class", 27, 7},
      {"configuration inside a configuration", 37, 2},
  };
  for (const auto& c : cases) {
    Bytes broken = good;
    broken[c.at] = c.value;
    EXPECT_FALSE(May(broken)) << c.name;
  }
}

}  // namespace
}  // namespace sekimori::early
