// Recorder by itself: what it keeps while the log refuses.
#include "agent/core/recorder.h"

#include <gtest/gtest.h>

#include "agent/core/weight.h"
#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Recorder, KeepsAFewMegabytesOfEventsAtMostWhileTheLogRefuses) {
  fakes::FakeClock clock;
  fakes::FakeEventLog log;
  Recorder recorder(log, clock);
  log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  const model::Device huge = HugeDevice("1-2");
  constexpr std::size_t kEvents = 500;
  for (std::size_t i = 0; i < kEvents; ++i)
    recorder.Add(model::DeviceGone{huge, false});
  log.Fail(std::nullopt);
  ASSERT_TRUE(recorder.Commit().ok());
  std::size_t bytes = 0;
  for (const model::Event& event : log.All())
    bytes += WeightOf(event.body);
  EXPECT_LE(bytes, Recorder::kMaxKeptBytes + (std::size_t{1} << 10));
  const auto lost = log.Of<model::NoticesLost>();
  ASSERT_EQ(lost.size(), 1U);
  const std::size_t given_up = kEvents - log.Of<model::DeviceGone>().size();
  EXPECT_TRUE(lost[0].detail.starts_with(std::to_string(given_up) + " events")) << lost[0].detail;
}

}  // namespace
}  // namespace sekimori::core::tests
