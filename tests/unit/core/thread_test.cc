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

// Time passes between one wait and the next, on both clocks; nobody plugs, asks or reports anything.
TEST(DecidingThread, ShutsWhatATimeWindowLetInWhenTheWindowEnds) {
  Terminal terminal;
  terminal.local_time = [](model::WallTime now) {
    const auto since_midnight = now - std::chrono::floor<std::chrono::days>(now);
    return LocalTime{3, std::chrono::floor<std::chrono::minutes>(since_midnight)};
  };
  terminal.clock.SetWall(model::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}} +
                         std::chrono::hours{17} + std::chrono::minutes{12});
  model::Rule rule = AllowVendor(0x0951);
  rule.match.time = model::TimeWindow{{}, std::chrono::minutes{8 * 60 + 30}, std::chrono::minutes{17 * 60 + 15}};
  terminal.Enforce({rule});
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  std::chrono::seconds passed{0};
  const Heartbeat heartbeat{std::chrono::microseconds{0}, [&] {
                              if (!terminal.Open("1-2") || passed >= std::chrono::minutes{10})
                                return terminal.queue->RequestStop("enough");
                              terminal.clock.Advance(std::chrono::seconds{1});
                              passed += std::chrono::seconds{1};
                            }};
  RunDecider(*terminal.decider, *terminal.queue, terminal.clock, heartbeat);
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(passed, std::chrono::minutes{3});
  EXPECT_EQ(terminal.Judged("1-2").back().trigger, model::Trigger::kTimeWindow);
}

}  // namespace
}  // namespace sekimori::core::tests
