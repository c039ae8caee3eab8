// What is done at the door while no agent runs, on ports: adopted input let in, or everything on root's order. The
// machine's own log and drivers are put behind it by agent/offline.cc. Req: R02, R05
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "agent/model/event.h"
#include "agent/model/policy.h"
#include "agent/ports/clock.h"
#include "agent/ports/device_gate.h"
#include "agent/ports/device_source.h"
#include "agent/ports/event_log.h"

namespace sekimori::agent {

// A hub that is let in shows what hangs on it only then.
struct Watching {
  std::chrono::milliseconds quiet{3'000};  // nothing shut turned up for so long: that was all
  std::chrono::milliseconds at_most{20'000};
};

// Lets in every device that IsRescued, hubs before what hangs on them. The first error, after everything was tried.
[[nodiscard]] Status LetInputIn(const model::Baseline& baseline, ports::DeviceSource& source, ports::DeviceGate& gate,
                                const Watching& watching = {});

struct OfflineDoor {
  ports::EventLog& log;
  const ports::Clock& clock;
  ports::DeviceGate& gate;
  std::function<Result<std::unique_ptr<ports::DeviceSource>>()> open_source;
};

// Records the order, opens the barrier, and lets in whatever is not wholly open, each device recorded before. What
// cannot be recorded is not done; what was recorded and could not be done is recorded as failed. The first error, after
// everything was tried.
[[nodiscard]] Status OpenDoor(const model::BarrierReleased& order, const OfflineDoor& door,
                              const Watching& watching = {});

}  // namespace sekimori::agent
