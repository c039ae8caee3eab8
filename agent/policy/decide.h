// DecideDevice: device × policy × situation → decision. Pure: no clock, no OS, no log. Req: R02
// Order: unreadable → refused · root hub → allowed · baseline (if the policy honours it) → allowed · rules, first match
// · default deny.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "agent/model/event.h"
#include "agent/model/policy.h"

namespace sekimori::policy {

struct User {
  std::string name;
  std::vector<std::string> groups;
};

// What a decision may look at besides the device. Local time is passed in, broken down by the caller.
struct Situation {
  std::uint8_t weekday = 1;             // ISO: 1 Monday … 7 Sunday
  std::chrono::minutes time_of_day{0};  // local, since midnight
  std::vector<User> users;              // logged in now
  // Devices present that were judged before this one, in order of arrival, with the decisions they hold.
  std::vector<model::Decision> earlier;
};

[[nodiscard]] model::Decision DecideDevice(const model::Policy& policy, const model::Baseline& baseline,
                                           const model::Device& device, const Situation& situation);

// One line per thing asked, up to and including the one that decided.
struct RuleTrace {
  std::string rule;  // rule id, or "unreadable", "root-hub", "adopted", "default"
  bool matched = false;
  // The first condition that did not hold, as written in the policy file; empty if all did. For the built-in lines
  // "complete", "root-hub", "adopted" (the policy ignores the baseline), "identity", "device-class" or "interfaces".
  // "admit" on a line that matched: the rule admits none of the device's interfaces, so it is refused.
  std::string condition;
  std::string wanted;  // lists are cut after a few entries
  std::string found;
};
[[nodiscard]] std::vector<RuleTrace> ExplainDevice(const model::Policy& policy, const model::Baseline& baseline,
                                                   const model::Device& device, const Situation& situation);

// Of the rules that name a time window, in the policy's order: whether it is open.
[[nodiscard]] std::vector<bool> OpenWindows(const model::Policy& policy, std::uint8_t weekday,
                                            std::chrono::minutes time_of_day);

// How long until a time window of the policy opens or closes, always more than zero; nullopt if none ever does. Counted
// from the start of the minute `time_of_day`.
[[nodiscard]] std::optional<std::chrono::minutes> UntilNextWindowEdge(const model::Policy& policy, std::uint8_t weekday,
                                                                      std::chrono::minutes time_of_day);

// Whether a device present at installation is adopted: it was read whole, is no root hub, has an interface, claims
// no more than 32 classes, and each of them is HID (keyboards, mice), hub or smart card reader. Readers with a vendor's
// own class (ff) cannot be told from anything else and are not adopted.
[[nodiscard]] bool IsAdoptable(const model::Device& device);
[[nodiscard]] model::AdoptedDevice Adopt(const model::Device& device);

}  // namespace sekimori::policy
