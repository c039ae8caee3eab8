#include "agent/policy/login_decide.h"

#include <algorithm>

namespace sekimori::policy {

LoginPolicy LoginPolicyOf(const model::Policy& policy) {
  LoginPolicy login = policy.login;
  login.name = policy.name;
  login.version = policy.version;
  login.mode = policy.mode;
  return login;
}

namespace {

bool Contains(const std::vector<std::string>& list, const std::string& text) {
  return std::ranges::find(list, text) != list.end();
}

bool Matches(const LoginConditions& match, const model::LoginRequest& request) {
  if (!match.services.empty() && !Contains(match.services, request.service)) return false;
  if (match.origin && *match.origin != OriginOf(request)) return false;
  if (match.by_root && *match.by_root != request.by_root) return false;
  if (match.users.empty() && match.groups.empty()) return true;
  if (!request.user) return false;
  if (!match.users.empty() && !Contains(match.users, request.user->name)) return false;
  return match.groups.empty() || std::ranges::any_of(request.user->groups, [&](const std::string& group) {
           return Contains(match.groups, group);
         });
}

bool AddsTo(const model::FactorClasses& proven, const model::FactorClasses& more) {
  return !std::ranges::includes(proven, more);
}

model::FactorClasses Together(model::FactorClasses classes, const model::FactorClasses& more) {
  classes.insert(more.begin(), more.end());
  return classes;
}

}  // namespace

Origin OriginOf(const model::LoginRequest& request) {
  return request.remote_host.empty() ? Origin::kLocal : Origin::kRemote;
}

LoginDemand DecideDemand(const LoginPolicy& policy, const model::LoginRequest& request) {
  for (const LoginRule& rule : policy.rules)
    if (Matches(rule.match, request))
      return {.deny = rule.deny, .required = rule.required, .methods = rule.methods, .rule = rule.id};
  return {};
}

SessionDemand DecideWithoutTicket(const LoginPolicy& policy, const model::LoginRequest& request) {
  for (const SessionRule& rule : policy.sessions)
    if (Matches(rule.match, request)) return {rule.action, rule.id};
  return {};
}

model::FactorClasses ProvenClasses(const LoginPolicy& policy, std::span<const model::Evidence> evidence) {
  model::FactorClasses classes;
  for (const model::Evidence& each : evidence)
    if (!each.weak || policy.weak_possession) classes.insert(each.classes.begin(), each.classes.end());
  return classes;
}

bool IsEnough(const Requirement& required, const model::FactorClasses& classes) {
  const std::size_t wanted = std::max<std::size_t>(2, required.at_least);
  return classes.size() >= wanted && std::ranges::includes(classes, required.named);
}

bool InGrace(const LoginPolicy& policy, model::WallTime now) {
  return policy.grace_until && now < *policy.grace_until;
}

bool IsEnoughInGrace(const model::FactorClasses& classes) {
  return classes.contains(model::FactorClass::kKnowledge);
}

bool CouldBeEnough(const Requirement& required, const model::FactorClasses& proven,
                   std::span<const Candidate> candidates) {
  model::FactorClasses classes = proven;
  for (const Candidate& each : candidates)
    classes.insert(each.may_prove.begin(), each.may_prove.end());
  return IsEnough(required, classes);
}

std::vector<std::size_t> NextToAsk(const Requirement& required, const model::FactorClasses& proven,
                                   std::span<const Candidate> candidates) {
  std::vector<std::size_t> useful;
  for (std::size_t at = 0; at < candidates.size(); ++at)
    if (AddsTo(proven, candidates[at].may_prove)) useful.push_back(at);
  for (const std::size_t at : useful) {
    model::FactorClasses without = proven;
    for (const std::size_t other : useful)
      if (other != at) without = Together(std::move(without), candidates[other].may_prove);
    if (!IsEnough(required, without)) return {at};
  }
  return useful;
}

}  // namespace sekimori::policy
