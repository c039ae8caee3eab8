// The command line's side: one question, one answer.
#pragma once

#include <chrono>
#include <filesystem>

#include "proto/control.pb.h"
#include "proto/result.h"

namespace sekimori::control {

// Asks the agent that listens at `socket`. kUnavailable: no agent listens there, or it went away; kTimeout; kInvalid:
// what came back is no answer. An error the agent answered is in the answer.
[[nodiscard]] Result<proto::ControlAnswer> Ask(const std::filesystem::path& socket,
                                               const proto::ControlRequest& request, std::chrono::milliseconds within);

}  // namespace sekimori::control
