// IndexOf: what an event can be found by. Pure. What counts as an alarm here is what words::EventOutcome calls one.
#pragma once

#include "server/store/values.h"

namespace sekimori::store {

[[nodiscard]] RecordIndex IndexOf(const proto::Event& event);

// The index of a payload that does not parse as an Event: an alarm at the time it was received.
[[nodiscard]] RecordIndex IndexOfUnreadable(std::int64_t received_us);

}  // namespace sekimori::store
