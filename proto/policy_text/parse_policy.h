// A policy from its TOML text. The format, for people: docs/policy.md. Pure; any thread. Req: R02, R12
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/policy_values/policy.h"
#include "proto/result.h"

namespace sekimori::policy_text {

// What a policy is made of: proto/policy_values.
using namespace policy_values;

inline constexpr std::size_t kMaxRules = 5000;
inline constexpr std::size_t kMaxLoginRules = 1000;  // and as many for sessions

// `name` stands in errors: `where` is "name:LINE". kInvalid; kTooLarge over 1 MiB. The policy is a local one of version
// 0; whoever took it from a signed document says so in it.
[[nodiscard]] Result<Policy> ParsePolicy(std::string_view toml, const std::string& name);

}  // namespace sekimori::policy_text
