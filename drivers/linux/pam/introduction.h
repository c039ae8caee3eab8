// Who logs in, where and by what service, as the first message to the agent.
#pragma once

#include <security/pam_modules.h>
#include <stdbool.h>

#include "proto/login/login.h"

// False when there is no user name, or something is too long to be told; `*why` is then a literal, for the log. In the
// authenticate phase the name is asked for if nobody has yet (pam_get_user(3)).
bool DescribeLogin(pam_handle_t* pamh, unsigned flags, LoginPhase phase, LoginBegin* begin, const char** why);
