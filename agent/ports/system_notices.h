// Notices about the machine itself that make the agent look again: wake-up from suspend, clock steps, logins.
#pragma once

#include <chrono>
#include <functional>
#include <variant>

#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::ports {

struct SystemResumed {
  std::chrono::microseconds slept{};
};
struct ClockWasSet {
  model::WallTime before, after;
};
struct SessionsChanged {};
using SystemNotice = std::variant<SystemResumed, ClockWasSet, SessionsChanged>;

class SystemNotices {
 public:
  virtual ~SystemNotices() = default;
  // `deliver` is called on the watcher's own thread and must not block. Nothing wakes up while nothing happens.
  [[nodiscard]] virtual Status Start(std::function<void(SystemNotice)> deliver) = 0;
  // Joins the watcher's thread.
  virtual void Stop() = 0;
};

}  // namespace sekimori::ports
