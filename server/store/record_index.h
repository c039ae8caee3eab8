// IndexOf: what an event can be found by. Pure. What counts as an alarm here is what words::EventOutcome calls one.
#pragma once

#include "server/store/values.h"

namespace sekimori::store {

// `own`: it stands in the collector's own chain. In a terminal's, an event that only the collector writes is an alarm
// and is found by nobody's name: the terminal's key signs for the terminal alone.
[[nodiscard]] RecordIndex IndexOf(const proto::Event& event, bool own);

// Whether it is of a kind only the collector writes: its operators' acts, its alarms, its word for an enrolment.
[[nodiscard]] bool IsCollectorsWord(const proto::Event& event);

// The index of a payload that does not parse as an Event: an alarm at the time it was received.
[[nodiscard]] RecordIndex IndexOfUnreadable(std::int64_t received_us);

}  // namespace sekimori::store
