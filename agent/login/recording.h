// What happened at a login as the events that are recorded. Nothing that was typed goes into them. Pure. Req: R05
#pragma once

#include "agent/login/session.h"
#include "agent/model/event.h"
#include "agent/model/login.h"
#include "agent/policy/login_policy.h"

namespace sekimori::login {

[[nodiscard]] model::LoginPlace PlaceOf(const model::LoginRequest& request);

[[nodiscard]] model::LoginJudged EventOf(const model::Receipt& receipt);

// Of JudgeAccount (kAccount) or JudgeSession (kOpen).
[[nodiscard]] model::SessionJudged EventOf(const model::LoginRequest& request, model::SessionPhase phase,
                                           const policy::LoginPolicy& policy, const SessionAnswer& answer);
// It came to no answer: denied. `why` may be OK.
[[nodiscard]] model::SessionJudged Undecided(const model::LoginRequest& request, model::SessionPhase phase,
                                             const policy::LoginPolicy& policy, const Status& why);
[[nodiscard]] model::SessionJudged Closed(const model::LoginRequest& request, const policy::LoginPolicy& policy);

}  // namespace sekimori::login
