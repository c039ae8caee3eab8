#include "agent/control/withhold.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sekimori::control {

namespace {

// policy::RuleTrace::condition
constexpr std::array<std::string_view, 10> kForEveryone = {
    "complete", "root-hub", "adopted", "device-class", "interfaces", "admit", "hub", "speed", "time", "at-most"};

}  // namespace

ports::Answer WithholdFrom(std::uint32_t uid, ports::Answer answer) {
  auto* explanation = std::get_if<ports::Explanation>(&answer);
  if (uid == 0 || explanation == nullptr) return answer;
  for (ports::RuleAsked& asked : explanation->asked) {
    if (asked.wanted.empty() || std::ranges::find(kForEveryone, asked.condition) != kForEveryone.end()) continue;
    asked.wanted.clear();
    asked.withheld = true;
  }
  return answer;
}

}  // namespace sekimori::control
