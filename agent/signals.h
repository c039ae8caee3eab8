// Signals and wake-ups for the main thread, as values. Source: signalfd(2), eventfd(2).
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "proto/result.h"

namespace sekimori::agent {

enum class Signal { kNone, kReload, kStop };

class Signals {
 public:
  // Blocks SIGTERM, SIGINT and SIGHUP for this thread and all it starts, and ignores SIGPIPE. kIo.
  [[nodiscard]] static Result<Signals> Take();
  Signals(Signals&& other) noexcept
      : signals_(std::exchange(other.signals_, -1)), wake_(std::exchange(other.wake_, -1)) {}
  Signals& operator=(Signals&&) = delete;
  ~Signals();

  // kNone: the timeout passed, or Wake was called.
  [[nodiscard]] Signal Wait(std::optional<std::chrono::milliseconds> timeout) const;
  // Any thread.
  void Wake() const;
  // Name of the last signal that meant kStop.
  [[nodiscard]] const char* stop_reason() const { return stop_reason_; }

 private:
  Signals(int signals, int wake) : signals_(signals), wake_(wake) {}
  int signals_;
  int wake_;
  mutable const char* stop_reason_ = "SIGTERM";
};

}  // namespace sekimori::agent
