// From an answer to the message that carries it. Pure.
#pragma once

#include "agent/ports/questions.h"
#include "proto/control.pb.h"
#include "proto/result.h"

namespace sekimori::control {

[[nodiscard]] proto::ControlAnswer MakeAnswer(const ports::Answer& answer);
[[nodiscard]] proto::ControlAnswer MakeError(const Error& error);

}  // namespace sekimori::control
