// The loop: wakes for notices and deadlines, beats for the watchdog, ends at a stop.
#include <thread>

#include <gtest/gtest.h>

#include "agent/core/deciding_thread.h"
#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(DecidingThread, AnswersAcrossThreadsAndEndsAtAStop) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Stick());
  terminal.Start();
  std::thread deciding([&] { RunDecider(*terminal.decider, *terminal.queue, terminal.clock, {}); });
  const ports::Answer answer = terminal.queue->Ask(ports::AskStatus{}, {}, std::chrono::seconds{60});
  terminal.queue->RequestStop("test");
  deciding.join();
  ASSERT_TRUE(std::holds_alternative<ports::StatusReport>(answer));
  EXPECT_EQ(std::get<ports::StatusReport>(answer).refused, 1U);
  EXPECT_TRUE(terminal.log.clean());
  const ports::Answer late = terminal.queue->Ask(ports::AskStatus{}, {}, std::chrono::seconds{60});
  EXPECT_EQ(std::get<Error>(late).code, ErrorCode::kUnavailable);
}

// Time passes by being asked for.
class TickingClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override { return {}; }
  [[nodiscard]] model::BootTime SinceBoot() const override { return std::chrono::microseconds{ticks_ += 100}; }

 private:
  mutable std::int64_t ticks_ = 0;
};

TEST(DecidingThread, BeatsAtItsInterval) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const TickingClock clock;
  int beats = 0;
  const Heartbeat heartbeat{std::chrono::milliseconds{1}, [&] {
                              if (++beats == 5) terminal.queue->RequestStop("enough");
                            }};
  std::thread deciding([&] { RunDecider(*terminal.decider, *terminal.queue, clock, heartbeat); });
  deciding.join();
  EXPECT_EQ(beats, 5);
}

}  // namespace
}  // namespace sekimori::core::tests
