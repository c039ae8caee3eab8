// What the door writes down, made of what it knows. Nothing that was typed goes into it. Pure. Req: R05
#pragma once

#include "agent/login/session.h"
#include "agent/model/event.h"
#include "agent/model/login.h"
#include "agent/policy/login_policy.h"

namespace sekimori::door {

[[nodiscard]] model::LoginPlace PlaceOf(const model::LoginRequest& request);
[[nodiscard]] model::LoginJudged JudgedOf(const model::Receipt& receipt);
[[nodiscard]] model::SessionJudged JudgedOf(const model::LoginRequest& request, model::SessionPhase phase,
                                            const login::SessionAnswer& answer, const policy::LoginPolicy& policy);

}  // namespace sekimori::door
