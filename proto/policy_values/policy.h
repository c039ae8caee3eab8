// A policy as plain values: ordered rules, first match wins, default deny. Text form: docs/policy.md. Req: R02, R12
// Both programs must agree on it: the collector refuses to sign what a terminal could not read.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/policy_values/login.h"
#include "proto/policy_values/mode.h"

namespace sekimori::policy_values {

// Class, subclass and protocol codes as the descriptor carries them.
struct InterfaceClass {
  std::uint8_t class_code = 0;
  std::uint8_t subclass = 0;
  std::uint8_t protocol = 0;
  auto operator<=>(const InterfaceClass&) const = default;
};

enum class Speed { kUnknown, kLow, kFull, kHigh, kSuper, kSuperPlus };

enum class Verdict { kDeny, kAllow, kAllowInterfaces };

enum class PolicySource { kBuiltIn, kLocal, kCollector };

// "08:06:50", "03:*:*"; an absent part matches any value.
struct ClassPattern {
  std::uint8_t class_code = 0;
  std::optional<std::uint8_t> subclass;
  std::optional<std::uint8_t> protocol;
  bool operator==(const ClassPattern&) const = default;
};

// How the device's set of classes must stand to the pattern list. The set is that of all interfaces over all
// configurations and alternate settings, and the device's own class unless it only points to the interfaces (00, or
// ef:02:01).
enum class SetRelation {
  kEquals,  // every class is covered by a pattern and every pattern covers a class; never without interfaces
  kSubset,  // every class is covered by a pattern; a device without interfaces does not match
  kAny,     // at least one class is covered
};

struct InterfaceCondition {
  SetRelation relation = SetRelation::kEquals;
  std::vector<ClassPattern> patterns;
  bool operator==(const InterfaceCondition&) const = default;
};

// Local wall time of the terminal. `until` before `from` runs over midnight and belongs to the day it starts on.
struct TimeWindow {
  std::set<std::uint8_t> days;       // ISO: 1 Monday … 7 Sunday; empty: every day
  std::chrono::minutes from{0};      // since midnight, 0–1440
  std::chrono::minutes until{1440};  // exclusive
  bool operator==(const TimeWindow&) const = default;
};

// All conditions present must hold; inside one list any entry is enough. An empty condition list means "not asked".
struct Conditions {
  std::vector<std::uint16_t> vendors;
  std::vector<std::uint16_t> products;
  std::vector<std::string> serials;  // exact text, case-sensitive
  std::vector<std::string> ports;    // port paths; '*' stands for any run of characters
  std::vector<Speed> speeds;
  std::optional<InterfaceCondition> interfaces;
  std::optional<bool> hub;  // true: a hub and nothing else; false: nothing about it says hub
  std::optional<bool> root_hub;
  std::vector<std::array<std::uint8_t, 32>> descriptor_hashes;
  std::optional<std::uint32_t> at_most;  // matches while fewer than this many earlier devices are let in by this rule
  std::vector<std::string> users;        // any of them is logged in
  std::vector<std::string> groups;       // a member of any of them is logged in
  std::optional<TimeWindow> time;
  bool operator==(const Conditions&) const = default;
};

struct Rule {
  std::string id;  // unique in the policy; [a-z0-9-], at most 64
  Verdict verdict = Verdict::kDeny;
  std::vector<ClassPattern> admit;  // for kAllowInterfaces: which interfaces are let in
  std::string reason;               // in the site's language, shown to the clerk and the auditor
  Conditions match;
  bool operator==(const Rule&) const = default;
};

struct Policy {
  std::string name;
  std::uint64_t version = 0;  // the collector's; 0 for local ones
  std::string group;          // of terminals the collector's is for; empty for local ones
  PolicySource source = PolicySource::kBuiltIn;
  Mode mode = Mode::kObserve;
  bool honour_adopted = true;  // the baseline is asked before the rules
  std::vector<Rule> rules;
  LoginPolicy login = BuiltInLogin();     // without name, version and mode: they are those above
  std::array<std::uint8_t, 32> sha256{};  // of the TOML text
  bool operator==(const Policy&) const = default;
};

}  // namespace sekimori::policy_values
