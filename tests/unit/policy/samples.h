// Devices, rules and situations as the policy tests need them.
#pragma once

#include <initializer_list>
#include <string>

#include "agent/policy/decide.h"

namespace sekimori::policy::samples {

inline constexpr model::InterfaceClass kKeyboard{0x03, 0x01, 0x01};
inline constexpr model::InterfaceClass kMouse{0x03, 0x01, 0x02};
inline constexpr model::InterfaceClass kConsumerControl{0x03, 0x00, 0x00};
inline constexpr model::InterfaceClass kDisk{0x08, 0x06, 0x50};
inline constexpr model::InterfaceClass kUasDisk{0x08, 0x06, 0x62};
inline constexpr model::InterfaceClass kHub{0x09, 0x00, 0x00};
inline constexpr model::InterfaceClass kCardReader{0x0b, 0x00, 0x00};
inline constexpr model::InterfaceClass kVendorSpecific{0xff, 0xff, 0xff};
inline constexpr model::InterfaceClass kComposite{0xef, 0x02, 0x01};
inline constexpr model::InterfaceClass kBluetooth{0xe0, 0x01, 0x01};

// A device of one configuration with these interfaces, numbered from 0.
inline model::Device DeviceOf(std::initializer_list<model::InterfaceClass> kinds) {
  model::Device device;
  device.port_path = "1-2";
  device.parent = "usb1";
  device.address = 7;
  device.vendor = 0x0951;
  device.product = 0x1666;
  device.serial = "60A44C413FAE";
  device.product_name = "Sample";
  device.speed = model::Speed::kHigh;
  device.complete = true;
  device.descriptor_hash.fill(0xab);
  std::uint8_t number = 0;
  for (const model::InterfaceClass& kind : kinds)
    device.interfaces.push_back({.configuration = 1, .number = number++, .alternate = 0, .kind = kind, .name = {}});
  return device;
}

inline model::Device Stick() {
  return DeviceOf({kDisk});
}
inline model::Device Keyboard() {
  return DeviceOf({kKeyboard, kConsumerControl});
}
inline model::Device KeyboardWithDisk() {
  return DeviceOf({kKeyboard, kDisk});
}
inline model::Device Hub() {
  model::Device hub = DeviceOf({kHub});
  hub.kind = {0x09, 0x00, 0x01};
  return hub;
}

// Tuesday, 10:00, one clerk logged in.
inline Situation TuesdayMorning() {
  Situation situation;
  situation.weekday = 2;
  situation.time_of_day = std::chrono::hours{10};
  situation.users = {{.name = "tanaka", .groups = {"jumin", "users"}}};
  return situation;
}

inline model::Rule RuleOf(std::string id, model::Verdict verdict, model::Conditions match = {}) {
  return {.id = std::move(id), .verdict = verdict, .admit = {}, .reason = {}, .match = std::move(match)};
}

inline model::Policy PolicyOf(std::vector<model::Rule> rules) {
  model::Policy policy;
  policy.name = "窓口端末";
  policy.version = 12;
  policy.source = model::PolicySource::kCollector;
  policy.mode = model::Mode::kEnforce;
  policy.rules = std::move(rules);
  return policy;
}

inline model::ClassPattern Exactly(const model::InterfaceClass& kind) {
  return {.class_code = kind.class_code, .subclass = kind.subclass, .protocol = kind.protocol};
}
inline model::ClassPattern AnyOfClass(std::uint8_t class_code) {
  return {.class_code = class_code, .subclass = std::nullopt, .protocol = std::nullopt};
}

}  // namespace sekimori::policy::samples
