#include "drivers/linux/clock_watch.h"

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const ClockReadings kStart{seconds{1'700'000'000}, seconds{500}, seconds{400}};

ClockReadings After(microseconds wall, microseconds boot, microseconds monotonic) {
  return {kStart.wall + wall, kStart.boot + boot, kStart.monotonic + monotonic};
}

TEST(ClockWatch, TimePassingIsNoNews) {
  ClockWatch watch(kStart);
  EXPECT_TRUE(watch.Notice(After(seconds{60}, seconds{60}, seconds{60})).empty());
}

TEST(ClockWatch, SuspendIsAResumeWithItsLength) {
  ClockWatch watch(kStart);
  const auto notices = watch.Notice(After(seconds{3600}, seconds{3600}, seconds{10}));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(std::get<ports::SystemResumed>(notices[0]).slept, seconds{3590});
}

TEST(ClockWatch, SetClockTellsBothTimes) {
  ClockWatch watch(kStart);
  const auto notices = watch.Notice(After(seconds{-3590}, seconds{10}, seconds{10}));
  ASSERT_EQ(notices.size(), 1U);
  const auto& set = std::get<ports::ClockWasSet>(notices[0]);
  EXPECT_EQ(set.before.time_since_epoch(), kStart.wall + seconds{10});
  EXPECT_EQ(set.after.time_since_epoch(), kStart.wall - seconds{3590});
}

TEST(ClockWatch, SleepAndStepAreTwoNotices) {
  ClockWatch watch(kStart);
  const auto notices = watch.Notice(After(seconds{9000}, seconds{3600}, seconds{10}));
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<ports::SystemResumed>(notices[0]));
  EXPECT_TRUE(std::holds_alternative<ports::ClockWasSet>(notices[1]));
}

TEST(ClockWatch, SmallStepsAreTimeSynchronization) {
  ClockWatch watch(kStart);
  EXPECT_TRUE(watch.Notice(After(milliseconds{900}, seconds{0}, seconds{0})).empty());
  EXPECT_TRUE(watch.Notice(After(seconds{1}, seconds{1}, milliseconds{100})).empty());
}

TEST(ClockWatch, EachStepIsToldOnce) {
  ClockWatch watch(kStart);
  EXPECT_EQ(watch.Notice(After(seconds{100}, seconds{0}, seconds{0})).size(), 1U);
  EXPECT_TRUE(watch.Notice(After(seconds{110}, seconds{10}, seconds{10})).empty());
}

}  // namespace
}  // namespace sekimori::drivers
