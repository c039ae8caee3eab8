// The decisions about a login: which rule, what is enough, what to ask next. Pure: no clock, no store, no OS.
// Req: R04, R16
#pragma once

#include <span>
#include <vector>

#include "agent/model/login.h"
#include "agent/policy/login_policy.h"

namespace sekimori::policy {

// Whoever names a remote host is remote, "localhost" too: nobody types into a terminal through it.
[[nodiscard]] Origin OriginOf(const model::LoginRequest& request);

// What the policy says about this login. A request without a user matches only rules that ask nothing about users.
struct LoginDemand {
  bool deny = false;
  Requirement required;
  std::vector<model::Method> methods;
  std::string rule;  // empty: none matched
};
[[nodiscard]] LoginDemand DecideDemand(const LoginPolicy& policy, const model::LoginRequest& request);

struct SessionDemand {
  WithoutTicket action = WithoutTicket::kDeny;
  std::string rule;  // empty: none matched
};
[[nodiscard]] SessionDemand DecideWithoutTicket(const LoginPolicy& policy, const model::LoginRequest& request);

// The classes that evidence amounts to, by its verifiers' word alone. Two proofs of one class are one factor.
[[nodiscard]] model::FactorClasses ProvenClasses(const LoginPolicy& policy, std::span<const model::Evidence> evidence);

// Never true with fewer than two different classes, whatever is required.
[[nodiscard]] bool IsEnough(const Requirement& required, const model::FactorClasses& classes);

// Whether a user who was never enrolled is let in with a password alone. `now` is the later of wall clock and time
// floor. A rule that denies, denies also in the time of grace: asked before.
[[nodiscard]] bool InGrace(const LoginPolicy& policy, model::WallTime now);
[[nodiscard]] bool IsEnoughInGrace(const model::FactorClasses& classes);

// Something the user could be asked for, and what it may come to at best.
struct Candidate {
  model::Credential credential;
  model::FactorClasses may_prove;
};
// Whether all of it together could be enough.
[[nodiscard]] bool CouldBeEnough(const Requirement& required, const model::FactorClasses& proven,
                                 std::span<const Candidate> candidates);
// Indices of what may be asked next, in the given order: only what adds a class. If there is no way without one of
// them, that one alone; otherwise the user chooses. Empty: nothing left that would help.
[[nodiscard]] std::vector<std::size_t> NextToAsk(const Requirement& required, const model::FactorClasses& proven,
                                                 std::span<const Candidate> candidates);

}  // namespace sekimori::policy
