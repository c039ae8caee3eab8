#include "proto/policy_text/parse_login.h"

#include <algorithm>
#include <string>
#include <vector>

#include "proto/policy_text/parse_policy.h"
#include "proto/policy_text/policy_words.h"
#include "proto/policy_text/rules_text.h"

namespace sekimori::policy_text {
namespace {

constexpr std::int64_t kMostTries = 20;

LoginConditions ReadConditions(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "match", {"user", "group", "service", "origin", "by-root"}, faults);
  LoginConditions match;
  match.users = reader.Words("user", ParseName, kWantName);
  match.groups = reader.Words("group", ParseName, kWantName);
  match.services = reader.Words("service", ParseService, kWantService);
  match.origin = reader.Word("origin", ParseOrigin, kWantOrigin);
  match.by_root = reader.Truth("by-root");
  return match;
}

// The best that any verifier says of a proof by this method.
FactorClasses AtBest(Method method) {
  switch (method) {
    case Method::kPassword:
      return {FactorClass::kKnowledge};
    case Method::kTotp:
      return {FactorClass::kPossession};
    case Method::kCard:
      return {FactorClass::kKnowledge, FactorClass::kPossession};
    case Method::kFingerprint:
      return {FactorClass::kInherence};
    case Method::kFido2:
    case Method::kEmergencyCode:  // stands for any one of them
      break;
  }
  return {FactorClass::kKnowledge, FactorClass::kPossession, FactorClass::kInherence};
}

// A rule that nobody could satisfy locks everybody out, which is not what its author meant: that is said with deny.
void CheckPossible(toml_text::TableReader& reader, const LoginRule& rule) {
  if (rule.methods.empty()) return;
  FactorClasses together;
  for (const Method method : rule.methods)
    together.merge(AtBest(method));
  if (together.size() < rule.required.at_least || !std::ranges::includes(together, rule.required.named))
    reader.Fault("methods", "nobody could prove with these methods alone what this rule asks for; want more of them");
}

void CheckDeny(toml_text::TableReader& reader) {
  for (const std::string_view key : {"require", "at-least", "methods"})
    if (reader.Has(key)) reader.Fault(key, std::string(key) + " does not go with deny = true");
}

LoginRule ReadRule(const toml::table& table, std::size_t number, toml_text::Faults& faults) {
  const std::string fallback = "login rule " + std::to_string(number);
  toml_text::TableReader reader(table, fallback, {"id", "deny", "require", "at-least", "methods", "reason", "match"},
                                faults);
  reader.Require("id", "a name by which log and explanations call the rule");
  LoginRule rule;
  rule.id = reader.Word("id", ParseRuleId, kWantRuleId).value_or("");
  rule.deny = reader.Truth("deny").value_or(false);
  for (const FactorClass each : reader.Words("require", ParseFactorClass, kWantFactorClass))
    rule.required.named.insert(each);
  rule.required.at_least = static_cast<std::uint32_t>(reader.Number("at-least", 2, 3).value_or(2));
  rule.methods = reader.Words("methods", ParseMethod, kWantMethod);
  rule.reason = reader.Text("reason", {.max_characters = 300}).value_or("");
  rule.match = ReadMatch(reader, table, rule.id.empty() ? fallback : "login rule \"" + rule.id + '"', "login",
                         ReadConditions, faults);
  if (rule.deny)
    CheckDeny(reader);
  else
    CheckPossible(reader, rule);
  return rule;
}

SessionRule ReadSession(const toml::table& table, std::size_t number, toml_text::Faults& faults) {
  const std::string fallback = "session rule " + std::to_string(number);
  toml_text::TableReader reader(table, fallback, {"id", "action", "match"}, faults);
  reader.Require("id", "a name by which the log calls the rule");
  reader.Require("action", kWantSessionAction);
  SessionRule rule;
  rule.id = reader.Word("id", ParseRuleId, kWantRuleId).value_or("");
  if (rule.id == kBuiltInSessions) reader.Fault("id", "id is \"built-in\", which the built-in rules are called by");
  rule.action = reader.Word("action", ParseSessionAction, kWantSessionAction).value_or(WithoutTicket::kDeny);
  rule.match = ReadMatch(reader, table, rule.id.empty() ? fallback : "session rule \"" + rule.id + '"', "session",
                         ReadConditions, faults);
  return rule;
}

}  // namespace

LoginPolicy ReadLogin(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "login", {"tries", "grace-until", "weak-possession", "rule", "session"}, faults);
  LoginPolicy policy;
  policy.tries = static_cast<std::uint32_t>(reader.Number("tries", 1, kMostTries).value_or(policy.tries));
  policy.grace_until = reader.Instant("grace-until");
  policy.weak_possession = reader.Truth("weak-possession").value_or(false);
  const std::vector<const toml::table*> rules = reader.Tables("rule", kMaxLoginRules);
  for (const toml::table* rule : rules)
    policy.rules.push_back(ReadRule(*rule, policy.rules.size() + 1, faults));
  const std::vector<const toml::table*> sessions = reader.Tables("session", kMaxLoginRules);
  for (const toml::table* session : sessions)
    policy.sessions.push_back(ReadSession(*session, policy.sessions.size() + 1, faults));
  if (!faults.any()) CheckOrder(rules, policy.rules, faults);
  if (!faults.any()) CheckOrder(sessions, policy.sessions, faults);
  for (SessionRule& each : BuiltInLogin().sessions)
    policy.sessions.push_back(std::move(each));
  return policy;
}

}  // namespace sekimori::policy_text
