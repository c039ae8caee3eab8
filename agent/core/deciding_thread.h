// The deciding thread's loop: takes from the queue, lets the Decider work, and proves to the watchdog that it lives.
// Wakes up only for notices, for what is due, and for the watchdog.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "agent/core/decider.h"
#include "agent/core/notice_queue.h"
#include "agent/ports/clock.h"

namespace sekimori::core {

struct Heartbeat {
  std::optional<std::chrono::microseconds> interval;  // empty: nobody watches
  std::function<void()> beat;
};

// Runs until the queue holds a stop; closes the queue then. `decider` has begun.
void RunDecider(Decider& decider, NoticeQueue& queue, const ports::Clock& clock, const Heartbeat& heartbeat);

}  // namespace sekimori::core
