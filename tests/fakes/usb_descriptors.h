// Builds the descriptor bytes of a device, whole or broken on purpose. Source: USB 2.0 specification, 9.6.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "agent/model/device.h"

namespace sekimori::fakes {

struct FakeInterface {
  std::uint8_t number = 0;
  model::InterfaceClass kind;
  std::uint8_t alternate = 0;
  std::uint8_t name_index = 0;
  int transfer = -1;  // of its endpoint, as in bmAttributes; else interrupt for HID and hubs, bulk for the others
};

class UsbDescriptors {
 public:
  UsbDescriptors() = default;
  UsbDescriptors(std::uint16_t vendor, std::uint16_t product) : vendor_(vendor), product_(product) {}

  UsbDescriptors& Kind(model::InterfaceClass kind) {
    kind_ = kind;
    return *this;
  }
  UsbDescriptors& Release(std::uint16_t release) {
    release_ = release;
    return *this;
  }
  UsbDescriptors& Strings(std::uint8_t manufacturer, std::uint8_t product, std::uint8_t serial) {
    strings_ = {manufacturer, product, serial};
    return *this;
  }
  // One endpoint follows every interface, as in real devices.
  UsbDescriptors& Configuration(std::uint8_t value, std::initializer_list<FakeInterface> interfaces) {
    std::string inside;
    for (const FakeInterface& one : interfaces) {
      inside += Bytes({9, 4, one.number, one.alternate, 1, one.kind.class_code, one.kind.subclass, one.kind.protocol,
                       one.name_index});
      const bool interrupt = one.kind.class_code == model::kClassHid || one.kind.class_code == model::kClassHub;
      inside += Bytes({7, 5, 0x81, one.transfer >= 0 ? one.transfer : interrupt ? 3 : 2, 0, 2, 0});
    }
    const std::size_t total = 9 + inside.size();
    configurations_.push_back(Bytes({9, 2, static_cast<int>(total & 0xff), static_cast<int>(total >> 8),
                                     static_cast<int>(interfaces.size()), value, 0, 0x80, 50}) +
                              inside);
    return *this;
  }

  // As the kernel's `descriptors` attribute.
  [[nodiscard]] std::string Blob() const {
    std::string blob = Bytes({18, 1, 0, 2, kind_.class_code, kind_.subclass, kind_.protocol, 64, vendor_ & 0xff,
                              vendor_ >> 8, product_ & 0xff, product_ >> 8, release_ & 0xff, release_ >> 8, strings_[0],
                              strings_[1], strings_[2], static_cast<int>(configurations_.size())});
    for (const std::string& configuration : configurations_)
      blob += configuration;
    return blob;
  }

  [[nodiscard]] static std::string Bytes(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values)
      bytes.push_back(static_cast<char>(value));
    return bytes;
  }

 private:
  std::uint16_t vendor_ = 0x1234;
  std::uint16_t product_ = 0x5678;
  std::uint16_t release_ = 0x0100;
  model::InterfaceClass kind_;
  std::array<std::uint8_t, 3> strings_{};
  std::vector<std::string> configurations_;
};

inline constexpr model::InterfaceClass kDisk{0x08, 0x06, 0x50};
inline constexpr model::InterfaceClass kUasDisk{0x08, 0x06, 0x62};
inline constexpr model::InterfaceClass kKeyboard{0x03, 0x01, 0x01};
inline constexpr model::InterfaceClass kMouse{0x03, 0x01, 0x02};

}  // namespace sekimori::fakes
