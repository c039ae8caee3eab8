// A clock that moves only when the test moves it. Any thread.
#pragma once

#include <chrono>
#include <mutex>

#include "agent/ports/clock.h"

namespace sekimori::fakes {

class FakeClock final : public ports::Clock {
 public:
  // 2026-04-01 00:00:00 UTC, one minute after boot.
  FakeClock() = default;
  FakeClock(model::WallTime now, model::BootTime since_boot) : now_(now), since_boot_(since_boot) {}

  [[nodiscard]] model::WallTime Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  [[nodiscard]] model::BootTime SinceBoot() const override {
    const std::lock_guard lock(mutex_);
    return since_boot_;
  }

  // Time passes: both clocks move.
  void Advance(std::chrono::microseconds by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
    since_boot_ += by;
  }
  // Somebody sets the wall clock; no time passes.
  void SetWall(model::WallTime now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  model::WallTime now_{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};
  model::BootTime since_boot_ = std::chrono::minutes{1};
};

}  // namespace sekimori::fakes
