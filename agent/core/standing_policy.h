// Which policy stands: chosen at start, at reload and when the collector offers one. Only reads; the caller records,
// keeps and applies. The collector's overrides the local one. Req: R02, R12
//
// When the policy that should stand cannot be read, the terminal falls shut, not open: if it was enforcing before (the
// marker says so), the built-in policy enforces default deny with the adopted devices honoured, so that keyboards keep
// working; if it was not, the built-in policy observes.
#pragma once

#include <optional>
#include <vector>

#include "agent/model/event.h"
#include "agent/model/policy.h"
#include "agent/ports/policy_store.h"

namespace sekimori::core {

struct PolicyChoice {
  std::optional<model::Policy> next;          // empty: what stands stays
  std::vector<model::PolicyRefused> refused;  // to be recorded
  std::optional<Error> problem;               // the newest reason for a refusal
};

[[nodiscard]] model::Policy BuiltInPolicy(model::Mode mode);

[[nodiscard]] PolicyChoice ChooseAtStart(const ports::PolicyStore& store, bool was_enforcing);
// The local file was edited. Under a collector's policy it is only checked.
[[nodiscard]] PolicyChoice ChooseAtReload(const ports::PolicyStore& store, const model::Policy& standing);

[[nodiscard]] model::PolicyInForce Describe(const model::Policy& policy);
[[nodiscard]] model::PolicyRefused Refusal(model::PolicySource source, std::uint64_t version, const Error& error);

}  // namespace sekimori::core
