// Whether a rule's conditions hold for a device, and the first one that does not. Pure.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "agent/model/device.h"
#include "agent/model/policy.h"
#include "agent/policy/decide.h"

namespace sekimori::policy {

// A device, and what many rules ask of it worked out once: one may claim thousands of interfaces, and a policy may hold
// thousands of rules. The device outlives the subject.
struct Subject {
  explicit Subject(const model::Device& judged);
  const model::Device& device;
  // Every class the device claims: those of its interfaces and its own, unless its own only points to the interfaces
  // (00, or ef:02:01). The kernel offers a device to drivers by its own class too (usb_match_device in
  // drivers/usb/core/driver.c), so a Bluetooth adapter could otherwise pass with interfaces that say "keyboard".
  // Each once, in order.
  std::vector<model::InterfaceClass> classes;
  // A hub and nothing but a hub, by its own class and every interface.
  bool plain_hub = false;
  // Nothing about the device says hub. A device that is a hub and something else is neither this nor a plain hub.
  bool plainly_no_hub = false;
};

// In the order they are asked.
enum class Condition {
  kVendor,
  kProduct,
  kSerial,
  kPort,
  kSpeed,
  kInterfaces,
  kHub,
  kRootHub,
  kDescriptorHash,
  kUser,
  kGroup,
  kTime,
  kAtMost,
};

// As written in the policy file: "vendor", "at-most" …
[[nodiscard]] std::string_view ConditionName(Condition condition);

// The first condition of the rule that does not hold; nullopt: the rule matches.
[[nodiscard]] std::optional<Condition> FirstUnmet(const model::Rule& rule, const Subject& subject,
                                                  const Situation& situation);

// Devices judged earlier that are let in by this rule: what `at_most` counts.
[[nodiscard]] std::size_t HoldersOf(const model::Rule& rule, const Situation& situation);

[[nodiscard]] bool Covers(const model::ClassPattern& pattern, const model::InterfaceClass& kind);

// '*' stands for any run of characters, also none; nothing else is special. Linear in text × stars.
[[nodiscard]] bool PortMatches(std::string_view pattern, std::string_view port_path);

// Interface numbers that an allow-interfaces rule lets in: those whose class is covered by `admit` in every
// configuration and every alternate setting, because the host may switch among them after the decision. None at all if
// the device's own class is not neutral and not covered.
[[nodiscard]] std::set<std::uint8_t> AdmittedInterfaces(const model::Rule& rule, const model::Device& device);

}  // namespace sekimori::policy
