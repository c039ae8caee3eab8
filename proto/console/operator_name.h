// Who is at the keyboard, for the record of what an operator does. Ask before privileges are dropped. Req: R06, R07
#pragma once

#include <string>

namespace sekimori::console {

// The user the session was logged in as, by the kernel's audit record (/proc/self/loginuid), which neither su nor sudo
// changes; else, for root, the one sudo names; else the user the process runs as. "name" or, without a name, "uid
// 1234"; a name that only the environment vouches for is "name (sudo)".
[[nodiscard]] std::string OperatorName();

}  // namespace sekimori::console
