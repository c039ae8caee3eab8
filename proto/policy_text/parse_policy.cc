#include "proto/policy_text/parse_policy.h"

#include "proto/policy_text/parse_login.h"
#include "proto/policy_text/policy_words.h"
#include "proto/policy_text/rules_text.h"
#include "proto/signing/sha256.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::policy_text {
namespace {

constexpr std::int64_t kMostDevices = 255;

std::optional<InterfaceCondition> ReadInterfaces(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "interfaces", {"equals", "subset", "any"}, faults);
  if (table.size() != 1) {
    faults.Add(table.source().begin.line,
               "interfaces has " + std::to_string(table.size()) + " keys; want exactly one of equals, subset and any");
    return std::nullopt;
  }
  InterfaceCondition condition;
  condition.relation = reader.Has("equals")   ? SetRelation::kEquals
                       : reader.Has("subset") ? SetRelation::kSubset
                                              : SetRelation::kAny;
  const std::string_view key = table.begin()->first.str();
  condition.patterns = reader.Words(key, ParseClassPattern, kWantClass);
  return condition;
}

std::optional<TimeWindow> ReadTime(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "time", {"days", "from", "until"}, faults);
  TimeWindow window;
  for (const std::uint8_t day : reader.Words("days", ParseDay, kWantDay))
    window.days.insert(day);
  window.from = reader.Word("from", ParseTime, kWantTime).value_or(window.from);
  window.until = reader.Word("until", ParseTime, kWantTime).value_or(window.until);
  if (table.empty()) faults.Add(table.source().begin.line, "time is empty; want at least one of days, from and until");
  if (window.from == std::chrono::hours{24}) reader.Fault("from", "from is \"24:00\"; want \"00:00\" of the next day");
  if (window.from == window.until)
    reader.Fault("until",
                 "from and until are the same, so the window never opens; want \"00:00\" and \"24:00\" for the "
                 "whole day");
  return window;
}

Conditions ReadConditions(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "match",
                                {"vendor", "product", "serial", "port", "speed", "interfaces", "hub", "root-hub",
                                 "descriptor-hash", "at-most", "user", "group", "time"},
                                faults);
  Conditions match;
  match.vendors = reader.Words("vendor", ParseId, kWantId);
  match.products = reader.Words("product", ParseId, kWantId);
  match.serials = reader.Words("serial", ParseSerial, kWantSerial);
  match.ports = reader.Words("port", ParsePort, kWantPort);
  match.speeds = reader.Words("speed", ParseSpeed, kWantSpeed);
  if (const toml::table* interfaces = reader.Table("interfaces"))
    match.interfaces = ReadInterfaces(*interfaces, faults);
  match.hub = reader.Truth("hub");
  match.root_hub = reader.Truth("root-hub");
  match.descriptor_hashes = reader.Words("descriptor-hash", ParseHash, kWantHash);
  if (const std::optional<std::int64_t> most = reader.Number("at-most", 1, kMostDevices))
    match.at_most = static_cast<std::uint32_t>(*most);
  match.users = reader.Words("user", ParseName, kWantName);
  match.groups = reader.Words("group", ParseName, kWantName);
  if (const toml::table* time = reader.Table("time")) match.time = ReadTime(*time, faults);
  if (reader.Has("product") && !reader.Has("vendor"))
    reader.Fault("product", "product without vendor; product numbers mean something only beside their vendor's");
  return match;
}

void CheckVerdict(toml_text::TableReader& reader, const Rule& rule) {
  if (rule.verdict == Verdict::kAllowInterfaces)
    reader.Require("admit", "the interface classes to let in, such as admit = [\"03:*:*\"]");
  else if (reader.Has("admit"))
    reader.Fault("admit", "admit goes only with verdict = \"allow-interfaces\"");
  if (rule.verdict == Verdict::kDeny && rule.match.at_most)
    reader.Fault("match", "at-most counts devices let in, so it goes only with a verdict that lets in");
}

Rule ReadRule(const toml::table& table, std::size_t number, toml_text::Faults& faults) {
  const std::string fallback = "rule " + std::to_string(number);
  toml_text::TableReader reader(table, fallback, {"id", "verdict", "admit", "reason", "match"}, faults);
  reader.Require("id", "a name by which log and explanations call the rule");
  reader.Require("verdict", kWantVerdict);
  Rule rule;
  rule.id = reader.Word("id", ParseRuleId, kWantRuleId).value_or("");
  const std::optional<Verdict> verdict = reader.Word("verdict", ParseVerdict, kWantVerdict);
  rule.verdict = verdict.value_or(Verdict::kDeny);
  rule.admit = reader.Words("admit", ParseClassPattern, kWantClass);
  rule.reason = reader.Text("reason", {.max_characters = 300}).value_or("");
  rule.match = ReadMatch(reader, table, rule.id.empty() ? fallback : "rule \"" + rule.id + '"', "device",
                         ReadConditions, faults);
  if (verdict) CheckVerdict(reader, rule);
  return rule;
}

}  // namespace

Result<Policy> ParsePolicy(std::string_view toml, const std::string& name) {
  const Result<toml::table> parsed = toml_text::ParseToml(toml, name);
  if (!parsed.ok()) return parsed.error();
  toml_text::Faults faults(name);
  toml_text::TableReader reader(parsed.value(), "a policy", {"mode", "name", "adopted", "rule", "login"}, faults);
  Policy policy;
  policy.source = PolicySource::kLocal;
  policy.name = reader.Text("name", {.max_characters = 100}).value_or(name);
  policy.mode = reader.Word("mode", ParseMode, kWantMode).value_or(Mode::kObserve);
  policy.honour_adopted = reader.Word("adopted", ParseAdopted, kWantAdopted).value_or(true);
  const std::vector<const toml::table*> tables = reader.Tables("rule", kMaxRules);
  for (const toml::table* table : tables)
    policy.rules.push_back(ReadRule(*table, policy.rules.size() + 1, faults));
  if (const toml::table* login = reader.Table("login")) policy.login = ReadLogin(*login, faults);
  if (!faults.any()) CheckOrder(tables, policy.rules, faults);
  if (faults.any()) return faults.First();
  policy.sha256 = signing::Sha256(toml);
  return policy;
}

}  // namespace sekimori::policy_text
