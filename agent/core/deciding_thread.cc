#include "agent/core/deciding_thread.h"

#include <algorithm>
#include <utility>

namespace sekimori::core {

void RunDecider(Decider& decider, NoticeQueue& queue, const ports::Clock& clock, const Heartbeat& heartbeat) {
  std::optional<model::BootTime> next_beat;
  for (bool go_on = true; go_on;) {
    if (heartbeat.interval && (!next_beat || clock.SinceBoot() >= *next_beat)) {
      heartbeat.beat();
      next_beat = clock.SinceBoot() + *heartbeat.interval;
    }
    std::optional<model::BootTime> until = decider.NextDeadline();
    if (next_beat && (!until || *next_beat < *until)) until = next_beat;
    std::optional<std::chrono::microseconds> timeout;
    if (until) timeout = std::max(std::chrono::microseconds{0}, *until - clock.SinceBoot());
    go_on = decider.Take(queue.Take(timeout));
    const std::optional<model::BootTime> due = decider.NextDeadline();
    if (go_on && due && clock.SinceBoot() >= *due) decider.Tick();
  }
  queue.Close();
}

}  // namespace sekimori::core
