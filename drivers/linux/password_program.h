// Runs the password program once. Any thread. Source: posix_spawn(3), pidfd_open(2).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::drivers {

// Gives `input` to the program's standard input, and no other descriptor of ours but /dev/null. Its exit status.
// kTimeout: it was killed, and is gone. kUnavailable: it could not be started, or was ended by a signal. kTooLarge:
// more input than a pipe takes at once; kIo.
[[nodiscard]] Result<int> RunWithSecret(const std::string& program, const std::vector<std::string>& environment,
                                        const model::Secret& input, std::chrono::milliseconds within);

}  // namespace sekimori::drivers
