#include <array>
#include <iomanip>
#include <sstream>

#include "agent/policy/baseline.h"
#include "agent/policy/decide.h"
#include "agent/policy/match.h"

namespace sekimori::policy {
namespace {

using model::Device;

// Long lists are cut: a policy may name a thousand serial numbers.
constexpr std::size_t kShownEntries = 8;

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kShownEntries; ++i)
    text += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > kShownEntries) text += ", … +" + std::to_string(words.size() - kShownEntries);
  return text;
}

template <typename Range, typename Format>
std::string List(const Range& range, Format format) {
  std::vector<std::string> words;
  for (const auto& entry : range)
    words.push_back(format(entry));
  return Joined(words);
}

std::string HexText(std::uint32_t value, int digits) {
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(digits) << value;
  return text.str();
}

std::string Id(std::uint16_t value) {
  return HexText(value, 4);
}

std::string Quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string Plain(const std::string& text) {
  return text;
}

std::string Hash(const std::array<std::uint8_t, 32>& hash) {
  std::string text;
  for (const std::uint8_t byte : hash)
    text += HexText(byte, 2);
  return text;
}

std::string Class(const model::InterfaceClass& kind) {
  return HexText(kind.class_code, 2) + ':' + HexText(kind.subclass, 2) + ':' + HexText(kind.protocol, 2);
}

std::string Pattern(const model::ClassPattern& pattern) {
  const auto part = [](const std::optional<std::uint8_t>& value) { return value ? HexText(*value, 2) : "*"; };
  return HexText(pattern.class_code, 2) + ':' + part(pattern.subclass) + ':' + part(pattern.protocol);
}

std::string SpeedWord(model::Speed speed) {
  switch (speed) {
    case model::Speed::kLow:
      return "low";
    case model::Speed::kFull:
      return "full";
    case model::Speed::kHigh:
      return "high";
    case model::Speed::kSuper:
      return "super";
    case model::Speed::kSuperPlus:
      return "super-plus";
    case model::Speed::kUnknown:
      break;
  }
  return "unknown";
}

std::string RelationWord(model::SetRelation relation) {
  switch (relation) {
    case model::SetRelation::kEquals:
      return "equals ";
    case model::SetRelation::kSubset:
      return "subset ";
    case model::SetRelation::kAny:
      return "any ";
  }
  return "";
}

std::string Truth(bool value) {
  return value ? "true" : "false";
}

std::string TimeText(std::chrono::minutes time) {
  const auto count = static_cast<std::uint32_t>(time.count());
  std::ostringstream text;
  text << std::setfill('0') << std::setw(2) << count / 60 << ':' << std::setw(2) << count % 60;
  return text.str();
}

std::string DayWord(std::uint8_t weekday) {
  constexpr std::array<const char*, 8> kDays{"?", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return weekday < kDays.size() ? kDays[weekday] : kDays[0];
}

std::string WindowText(const model::TimeWindow& window) {
  const std::string hours = TimeText(window.from) + "–" + TimeText(window.until);
  return window.days.empty() ? hours : List(window.days, DayWord) + ' ' + hours;
}

std::string HubWord(const Subject& subject) {
  if (subject.plain_hub) return "true";
  return subject.plainly_no_hub ? "false" : "hub and more: " + List(subject.classes, Class);
}

std::string UserNames(const Situation& situation) {
  return List(situation.users, [](const User& user) { return user.name; });
}

std::string GroupNames(const Situation& situation) {
  std::set<std::string> groups;
  for (const User& user : situation.users)
    groups.insert(user.groups.begin(), user.groups.end());
  return List(groups, Plain);
}

struct WantedAndFound {
  std::string wanted, found;
};

// Only called for a condition the rule carries.
WantedAndFound Compare(Condition condition, const model::Rule& rule, const Subject& subject,
                       const Situation& situation) {
  const model::Conditions& match = rule.match;
  const Device& device = subject.device;
  switch (condition) {
    case Condition::kVendor:
      return {List(match.vendors, Id), Id(device.vendor)};
    case Condition::kProduct:
      return {List(match.products, Id), Id(device.product)};
    case Condition::kSerial:
      return {List(match.serials, Quoted), Quoted(device.serial)};
    case Condition::kPort:
      return {List(match.ports, Plain), device.port_path};
    case Condition::kSpeed:
      return {List(match.speeds, SpeedWord), SpeedWord(device.speed)};
    case Condition::kInterfaces:
      return {RelationWord(match.interfaces->relation) + List(match.interfaces->patterns, Pattern),
              List(subject.classes, Class)};
    case Condition::kHub:
      return {Truth(*match.hub), HubWord(subject)};
    case Condition::kRootHub:
      return {Truth(*match.root_hub), Truth(device.root_hub)};
    case Condition::kDescriptorHash:
      return {List(match.descriptor_hashes, Hash), Hash(device.descriptor_hash)};
    case Condition::kUser:
      return {List(match.users, Plain), UserNames(situation)};
    case Condition::kGroup:
      return {List(match.groups, Plain), GroupNames(situation)};
    case Condition::kTime:
      return {WindowText(*match.time), DayWord(situation.weekday) + ' ' + TimeText(situation.time_of_day)};
    case Condition::kAtMost:
      return {std::to_string(*match.at_most), std::to_string(HoldersOf(rule, situation))};
  }
  return {};
}

RuleTrace Matched(std::string rule) {
  return {.rule = std::move(rule), .matched = true, .condition = {}, .wanted = {}, .found = {}};
}

RuleTrace AskBaseline(const model::Policy& policy, const model::Baseline& baseline, const Device& device) {
  if (!policy.honour_adopted) return {"adopted", false, "adopted", "honour", "ignore"};
  if (IsAdopted(baseline, device)) return Matched("adopted");
  const std::string identity = Id(device.vendor) + ':' + Id(device.product) + ' ' + Quoted(device.serial);
  const model::AdoptedDevice* namesake = FindNamesake(baseline, device);
  if (namesake == nullptr) return {"adopted", false, "identity", "", identity};
  if (namesake->kind != device.kind)
    return {"adopted", false, "device-class", Class(namesake->kind), Class(device.kind)};
  return {"adopted", false, "interfaces", List(namesake->interfaces, Class),
          List(model::InterfaceClasses(device), Class)};
}

RuleTrace AskRule(const model::Rule& rule, const Subject& subject, const Situation& situation) {
  const std::optional<Condition> unmet = FirstUnmet(rule, subject, situation);
  if (!unmet && rule.verdict == model::Verdict::kAllowInterfaces && AdmittedInterfaces(rule, subject.device).empty())
    return {rule.id, true, "admit", List(rule.admit, Pattern), List(subject.classes, Class)};
  if (!unmet) return Matched(rule.id);
  WantedAndFound both = Compare(*unmet, rule, subject, situation);
  return {rule.id, false, std::string(ConditionName(*unmet)), std::move(both.wanted), std::move(both.found)};
}

}  // namespace

std::vector<RuleTrace> ExplainDevice(const model::Policy& policy, const model::Baseline& baseline, const Device& device,
                                     const Situation& situation) {
  if (!device.complete) return {Matched("unreadable")};
  std::vector<RuleTrace> lines{{"unreadable", false, "complete", "false", "true"}};
  if (device.root_hub) {
    lines.push_back(Matched("root-hub"));
    return lines;
  }
  lines.push_back({"root-hub", false, "root-hub", "true", "false"});
  lines.push_back(AskBaseline(policy, baseline, device));
  if (lines.back().matched) return lines;
  const Subject subject(device);
  for (const model::Rule& rule : policy.rules) {
    lines.push_back(AskRule(rule, subject, situation));
    if (lines.back().matched) return lines;
  }
  lines.push_back(Matched("default"));
  return lines;
}

}  // namespace sekimori::policy
