// Values of the model as the messages that carry them, for the log and for the command line alike. Pure.
// Strings are taken as they are: whoever stores them masks and cuts them.
#pragma once

#include <cstddef>

#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "agent/model/event.h"
#include "proto/event.pb.h"

namespace sekimori::messages {

[[nodiscard]] proto::Mode ToMessage(model::Mode mode);
[[nodiscard]] proto::Speed ToMessage(model::Speed speed);
[[nodiscard]] proto::Verdict ToMessage(model::Verdict verdict);
[[nodiscard]] proto::Basis ToMessage(model::Basis basis);
[[nodiscard]] proto::PolicySource ToMessage(model::PolicySource source);
[[nodiscard]] proto::Trigger ToMessage(model::Trigger trigger);

// Of the interfaces so many at most; the rest is counted in interfaces_left_out.
void Put(const model::Device& device, std::size_t max_interfaces, proto::Device& message);
void Put(const model::Decision& decision, proto::Decision& message);

}  // namespace sekimori::messages
