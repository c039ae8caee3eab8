// The login policy as the agent's rooms name it. Req: R04, R16
#pragma once

#include "agent/model/policy.h"

namespace sekimori::policy {

using model::LoginConditions;
using model::LoginPolicy;
using model::LoginRule;
using model::Origin;
using model::Requirement;
using model::SessionRule;
using model::WithoutTicket;

// What a policy says about logins, with its name, version and mode.
[[nodiscard]] LoginPolicy LoginPolicyOf(const model::Policy& policy);

}  // namespace sekimori::policy
