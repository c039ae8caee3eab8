// Recorder: the deciding thread's way to the log. Collects the events of one group, appends them as one, and keeps them
// for another try when the log refuses. While it refuses, nothing may be let in. Req: R05, R06
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "agent/model/event.h"
#include "agent/ports/clock.h"
#include "agent/ports/event_log.h"
#include "proto/result.h"

namespace sekimori::core {

class Recorder {
 public:
  // Events kept while the log refuses. Beyond it they are given up, counted, and the count is recorded afterwards.
  static constexpr std::size_t kMaxKept = 1024;
  static constexpr std::size_t kMaxKeptBytes = std::size_t{8} << 20;  // about; a device can make an event of 250 KB
  static constexpr std::chrono::seconds kFirstRetry{1};
  static constexpr std::chrono::seconds kSlowestRetry{15};

  Recorder(ports::EventLog& log, const ports::Clock& clock) : log_(log), clock_(clock) {}

  // Stamps the event now; it is stored by the next Commit.
  void Add(model::EventBody body);
  // Appends everything kept, in one durable group. After a failure it answers that failure without asking the log
  // until NextTry() has come.
  [[nodiscard]] Status Commit();
  // Appends this event (after everything kept) at once. After an error it is not kept: what it was to permit does not
  // happen, and no later record may say it did.
  [[nodiscard]] Status RecordNow(model::EventBody body);

  // The same of several at once, in one durable group: ok, or none of `bodies` that `lets_in` is written ever. The
  // others are kept for another try, as by Add.
  [[nodiscard]] Status RecordNow(std::vector<model::EventBody> bodies, bool (*lets_in)(const model::EventBody&));

  // Set while the log refuses.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] std::optional<model::BootTime> NextTry() const { return next_try_; }
  [[nodiscard]] bool empty() const { return kept_.empty(); }
  // True once after events were given up: whatever still holds has to be recorded afresh.
  [[nodiscard]] bool TakeGivenUp();

 private:
  [[nodiscard]] Status Append();

  ports::EventLog& log_;
  const ports::Clock& clock_;
  std::vector<model::Event> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t given_up_ = 0;  // not yet recorded as such
  bool gave_up_ = false;
  std::optional<Error> failure_;
  std::optional<model::BootTime> next_try_;
  std::chrono::microseconds retry_after_ = kFirstRetry;
};

}  // namespace sekimori::core
