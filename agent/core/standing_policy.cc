#include "agent/core/standing_policy.h"

#include <string>
#include <utility>

namespace sekimori::core {

model::Policy BuiltInPolicy(model::Mode mode) {
  model::Policy policy;
  policy.name = "built-in";
  policy.source = model::PolicySource::kBuiltIn;
  policy.mode = mode;
  policy.honour_adopted = true;
  return policy;
}

model::PolicyInForce Describe(const model::Policy& policy) {
  return {policy.source, policy.name,   policy.version,
          policy.mode,   policy.sha256, static_cast<std::uint32_t>(policy.rules.size()),
          policy.group};
}

model::PolicyRefused Refusal(model::PolicySource source, std::uint64_t version, const Error& error) {
  return {source, version, std::string(ErrorCodeName(error.code)), error.where, error.detail};
}

namespace {

PolicyChoice FallBack(model::PolicySource source, const Error& error, bool was_enforcing) {
  PolicyChoice choice;
  choice.next = BuiltInPolicy(was_enforcing ? model::Mode::kEnforce : model::Mode::kObserve);
  choice.refused.push_back(Refusal(source, 0, error));
  choice.problem = error;
  return choice;
}

}  // namespace

PolicyChoice ChooseAtStart(const ports::PolicyStore& store, bool was_enforcing) {
  Result<model::Policy> collectors = store.LoadCollector();
  if (collectors.ok()) return {std::move(collectors).value(), {}, {}};
  // A damaged collector's policy must not hand the terminal over to a laxer local file.
  if (collectors.error().code != ErrorCode::kNotFound)
    return FallBack(model::PolicySource::kCollector, collectors.error(), was_enforcing);

  Result<model::Policy> local = store.LoadLocal();
  if (local.ok()) return {std::move(local).value(), {}, {}};
  if (local.error().code == ErrorCode::kNotFound && !was_enforcing)
    return {BuiltInPolicy(model::Mode::kObserve), {}, {}};
  return FallBack(model::PolicySource::kLocal, local.error(), was_enforcing);
}

PolicyChoice ChooseAtReload(const ports::PolicyStore& store, const model::Policy& standing) {
  Result<model::Policy> local = store.LoadLocal();
  const bool may_be_absent = standing.source != model::PolicySource::kLocal && standing.mode == model::Mode::kObserve;
  if (!local.ok()) {
    const bool absent = local.error().code == ErrorCode::kNotFound;
    if (absent && (may_be_absent || standing.source == model::PolicySource::kCollector)) return {};
    PolicyChoice choice;
    choice.refused.push_back(Refusal(model::PolicySource::kLocal, 0, local.error()));
    choice.problem = local.error();
    return choice;
  }
  if (standing.source == model::PolicySource::kCollector) return {};
  if (standing.source == model::PolicySource::kLocal && local.value().sha256 == standing.sha256) return {};
  return {std::move(local).value(), {}, {}};
}

}  // namespace sekimori::core
