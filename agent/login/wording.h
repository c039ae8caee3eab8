// What a login says to the person: which sentence, with which values. The sentences stand in the catalogue. Pure.
// Req: R04, R16
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "agent/model/login.h"

namespace sekimori::login {

[[nodiscard]] model::Prompt AskWhich(std::span<const model::Credential> choices);

// The same for every refusal of one result: which proof was wrong, or whether there is such a user, stays unsaid.
[[nodiscard]] std::vector<model::Words> RefusalWords(model::LoginResult result);

// The last login and what failed since; in the time of grace also when it ends.
[[nodiscard]] std::vector<model::Words> WelcomeWords(const model::LoginHistory& history,
                                                     const std::optional<model::WallTime>& grace_until);

}  // namespace sekimori::login
