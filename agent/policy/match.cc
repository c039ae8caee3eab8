#include "agent/policy/match.h"

#include <algorithm>

#include "agent/policy/window.h"

namespace sekimori::policy {
namespace {

using model::ClassPattern;
using model::Conditions;
using model::Device;
using model::InterfaceClass;
using model::SetRelation;

// An empty list is not asked.
template <typename T>
bool Holds(const std::vector<T>& wanted, const T& found) {
  return wanted.empty() || std::ranges::find(wanted, found) != wanted.end();
}

bool CoveredByAny(const std::vector<ClassPattern>& patterns, const InterfaceClass& kind) {
  return std::ranges::any_of(patterns, [&](const ClassPattern& pattern) { return Covers(pattern, kind); });
}

// 00: look at the interfaces. ef:02:01: a composite with interface associations (USB ECN IAD).
bool IsNeutral(const InterfaceClass& kind) {
  return kind.class_code == 0x00 || kind == InterfaceClass{0xef, 0x02, 0x01};
}

bool IsHub(const InterfaceClass& kind) {
  return kind.class_code == model::kClassHub;
}

std::vector<InterfaceClass> ClaimedClasses(const Device& device) {
  std::set<InterfaceClass> classes = model::InterfaceClasses(device);
  if (!IsNeutral(device.kind)) classes.insert(device.kind);
  return {classes.begin(), classes.end()};
}

// Looks only at classes of the pattern's own code: the classes are in order.
bool CoversOneOf(const ClassPattern& pattern, const std::vector<InterfaceClass>& classes) {
  const InterfaceClass first{pattern.class_code, pattern.subclass.value_or(0), 0};
  for (auto at = std::ranges::lower_bound(classes, first); at != classes.end(); ++at) {
    if (at->class_code != pattern.class_code) return false;
    if (Covers(pattern, *at)) return true;
  }
  return false;
}

bool InterfacesHold(const model::InterfaceCondition& condition, const Subject& subject) {
  const auto covers_one = [&](const ClassPattern& pattern) { return CoversOneOf(pattern, subject.classes); };
  const auto all_covered = [&] {
    return !subject.device.interfaces.empty() && std::ranges::all_of(subject.classes, [&](const InterfaceClass& kind) {
      return CoveredByAny(condition.patterns, kind);
    });
  };
  switch (condition.relation) {
    case SetRelation::kAny:
      return std::ranges::any_of(condition.patterns, covers_one);
    case SetRelation::kSubset:
      return all_covered();
    case SetRelation::kEquals:
      return std::ranges::all_of(condition.patterns, covers_one) && all_covered();
  }
  return false;
}

bool UsersHold(const std::vector<std::string>& wanted, const Situation& situation) {
  return wanted.empty() ||
         std::ranges::any_of(situation.users, [&](const User& user) { return Holds(wanted, user.name); });
}

bool GroupsHold(const std::vector<std::string>& wanted, const Situation& situation) {
  const auto is_member = [&](const User& user) {
    return std::ranges::any_of(user.groups, [&](const std::string& group) { return Holds(wanted, group); });
  };
  return wanted.empty() || std::ranges::any_of(situation.users, is_member);
}

}  // namespace

Subject::Subject(const Device& judged)
    : device(judged),
      classes(ClaimedClasses(judged)),
      plain_hub(judged.hub() && !judged.interfaces.empty() && std::ranges::all_of(classes, IsHub)),
      plainly_no_hub(std::ranges::none_of(classes, IsHub)) {}

std::string_view ConditionName(Condition condition) {
  switch (condition) {
    case Condition::kVendor:
      return "vendor";
    case Condition::kProduct:
      return "product";
    case Condition::kSerial:
      return "serial";
    case Condition::kPort:
      return "port";
    case Condition::kSpeed:
      return "speed";
    case Condition::kInterfaces:
      return "interfaces";
    case Condition::kHub:
      return "hub";
    case Condition::kRootHub:
      return "root-hub";
    case Condition::kDescriptorHash:
      return "descriptor-hash";
    case Condition::kUser:
      return "user";
    case Condition::kGroup:
      return "group";
    case Condition::kTime:
      return "time";
    case Condition::kAtMost:
      return "at-most";
  }
  return "";
}

std::optional<Condition> FirstUnmet(const model::Rule& rule, const Subject& subject, const Situation& situation) {
  const Conditions& match = rule.match;
  const Device& device = subject.device;
  const auto port_holds = [&](const std::string& pattern) { return PortMatches(pattern, device.port_path); };

  if (!Holds(match.vendors, device.vendor)) return Condition::kVendor;
  if (!Holds(match.products, device.product)) return Condition::kProduct;
  if (!Holds(match.serials, device.serial)) return Condition::kSerial;
  if (!match.ports.empty() && std::ranges::none_of(match.ports, port_holds)) return Condition::kPort;
  if (!Holds(match.speeds, device.speed)) return Condition::kSpeed;
  if (match.interfaces && !InterfacesHold(*match.interfaces, subject)) return Condition::kInterfaces;
  if (match.hub && !(*match.hub ? subject.plain_hub : subject.plainly_no_hub)) return Condition::kHub;
  if (match.root_hub && *match.root_hub != device.root_hub) return Condition::kRootHub;
  if (!Holds(match.descriptor_hashes, device.descriptor_hash)) return Condition::kDescriptorHash;
  if (!UsersHold(match.users, situation)) return Condition::kUser;
  if (!GroupsHold(match.groups, situation)) return Condition::kGroup;
  if (match.time && !IsOpen(*match.time, situation.weekday, situation.time_of_day)) return Condition::kTime;
  if (match.at_most && HoldersOf(rule, situation) >= *match.at_most) return Condition::kAtMost;
  return std::nullopt;
}

std::size_t HoldersOf(const model::Rule& rule, const Situation& situation) {
  const auto held = std::ranges::count_if(situation.earlier, [&](const model::Decision& decision) {
    return decision.basis == model::Basis::kRule && decision.rule == rule.id &&
           decision.verdict != model::Verdict::kDeny;
  });
  return static_cast<std::size_t>(held);
}

bool Covers(const ClassPattern& pattern, const InterfaceClass& kind) {
  return pattern.class_code == kind.class_code && pattern.subclass.value_or(kind.subclass) == kind.subclass &&
         pattern.protocol.value_or(kind.protocol) == kind.protocol;
}

bool PortMatches(std::string_view pattern, std::string_view port_path) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0, t = 0;
  std::size_t star = kNone, resume = 0;  // the last '*' passed, and where the text after its run begins
  while (t < port_path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == port_path[t]) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

std::set<std::uint8_t> AdmittedInterfaces(const model::Rule& rule, const Device& device) {
  if (!IsNeutral(device.kind) && !CoveredByAny(rule.admit, device.kind)) return {};
  std::set<std::uint8_t> admitted, refused;
  for (const model::Interface& interface : device.interfaces)
    (CoveredByAny(rule.admit, interface.kind) ? admitted : refused).insert(interface.number);
  std::erase_if(admitted, [&](std::uint8_t number) { return refused.contains(number); });
  return admitted;
}

}  // namespace sekimori::policy
