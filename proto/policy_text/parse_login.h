// The [login] table of a policy. Inside of policy_text. Req: R04, R16
#pragma once

#include "proto/policy_values/login.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::policy_text {

// Behind the table's own rules for sessions stand the built-in ones.
[[nodiscard]] policy_values::LoginPolicy ReadLogin(const toml::table& table, toml_text::Faults& faults);

}  // namespace sekimori::policy_text
