// What rules about devices, logins and sessions have in common: conditions that must be said, and their order. Inside
// of policy_text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/toml_text/toml_reader.h"

namespace sekimori::policy_text {

inline constexpr std::string_view kEverything = "everything";

// A rule without conditions matches everything, and a forgotten line must not come to mean that: it has to be said.
// `thing` is what the rules are about; `read` reads the table of conditions.
template <typename Conditions>
Conditions ReadMatch(toml_text::TableReader& rule, const toml::table& table, const std::string& title,
                     std::string_view thing, Conditions (*read)(const toml::table&, toml_text::Faults&),
                     toml_text::Faults& faults) {
  const std::string how_to_say_all = "; a rule for every " + std::string(thing) + " says so: match = \"everything\"";
  if (!rule.Has("match")) {
    faults.Add(table.source().begin.line, title + " has no conditions" + how_to_say_all);
    return {};
  }
  if (const toml::node* node = table.get("match"); node->is_string()) {
    const std::optional<std::string> word = rule.Text("match");
    if (word && *word != kEverything)
      rule.Fault("match", "match is another word than \"everything\"; want that or a table of conditions");
    return {};
  }
  const toml::table* match = rule.Table("match");
  if (match == nullptr) return {};
  if (match->empty()) rule.Fault("match", title + " has no conditions" + how_to_say_all);
  return read(*match, faults);
}

// Rules as a whole: each id once, and none behind a rule that takes everything.
template <typename Rule>
void CheckOrder(const std::vector<const toml::table*>& tables, const std::vector<Rule>& rules,
                toml_text::Faults& faults) {
  std::map<std::string_view, std::uint32_t> lines;
  const Rule* takes_all = nullptr;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::uint32_t line = tables[i]->source().begin.line;
    const auto [first, is_new] = lines.emplace(rules[i].id, line);
    if (!is_new && !rules[i].id.empty())
      faults.Add(line, "rule id \"" + rules[i].id + "\" is taken by the rule at line " + std::to_string(first->second) +
                           "; want another one");
    if (takes_all != nullptr)
      faults.Add(line, "this rule is never asked: \"" + takes_all->id + "\" before it matches everything");
    else if (rules[i].match == decltype(rules[i].match){})
      takes_all = &rules[i];
  }
}

}  // namespace sekimori::policy_text
