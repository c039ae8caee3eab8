#include "agent/policy/decide.h"

#include "agent/policy/baseline.h"
#include "agent/policy/match.h"

namespace sekimori::policy {
namespace {

using model::Basis;
using model::Decision;
using model::Verdict;

Decision Stamped(const model::Policy& policy, Verdict verdict, Basis basis) {
  return {.verdict = verdict,
          .interfaces = {},
          .basis = basis,
          .rule = {},
          .reason = {},
          .policy_version = policy.version,
          .policy_name = policy.name,
          .policy_source = policy.source};
}

Decision ByRule(const model::Policy& policy, const model::Rule& rule, const model::Device& device) {
  Decision decision = Stamped(policy, rule.verdict, Basis::kRule);
  decision.rule = rule.id;
  decision.reason = rule.reason;
  if (rule.verdict == Verdict::kAllowInterfaces) {
    decision.interfaces = AdmittedInterfaces(rule, device);
    if (decision.interfaces.empty()) decision.verdict = Verdict::kDeny;
  }
  return decision;
}

}  // namespace

Decision DecideDevice(const model::Policy& policy, const model::Baseline& baseline, const model::Device& device,
                      const Situation& situation) {
  if (!device.complete) return Stamped(policy, Verdict::kDeny, Basis::kUnreadable);
  if (device.root_hub) return Stamped(policy, Verdict::kAllow, Basis::kRootHub);
  if (policy.honour_adopted && IsAdopted(baseline, device)) return Stamped(policy, Verdict::kAllow, Basis::kAdopted);
  const Subject subject(device);
  for (const model::Rule& rule : policy.rules)
    if (!FirstUnmet(rule, subject, situation)) return ByRule(policy, rule, device);
  return Stamped(policy, Verdict::kDeny, Basis::kDefault);
}

}  // namespace sekimori::policy
