// Wall time in the terminal's own time zone, for policies with time windows. Source: localtime_r(3). Any thread.
#pragma once

#include "agent/core/judging.h"
#include "agent/model/event.h"

namespace sekimori::agent {

[[nodiscard]] core::LocalTime ToLocalTime(model::WallTime time);

}  // namespace sekimori::agent
