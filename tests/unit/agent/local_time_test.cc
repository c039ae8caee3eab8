#include "agent/local_time.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace sekimori::agent {
namespace {

using namespace std::chrono_literals;

// A zone by its rule, so that no zone file is needed; put back afterwards.
class Zone {
 public:
  explicit Zone(const char* rule) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", rule, 1);
  }
  ~Zone() {
    if (before_) {
      ::setenv("TZ", before_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

// 2026-04-05 was a Sunday.
constexpr model::WallTime kSundayNight{std::chrono::sys_days{std::chrono::year{2026} / 4 / 5} + 23h + 30min + 59s};

TEST(ToLocalTime, CountsSundayAsTheSeventhDay) {
  const Zone zone("UTC0");
  EXPECT_EQ(ToLocalTime(kSundayNight).weekday, 7);
  EXPECT_EQ(ToLocalTime(kSundayNight).time_of_day, 23h + 30min) << "whole minutes";
}

TEST(ToLocalTime, IsTheTerminalsZoneNotTheWorlds) {
  const Zone zone("JST-9");
  EXPECT_EQ(ToLocalTime(kSundayNight).weekday, 1);
  EXPECT_EQ(ToLocalTime(kSundayNight).time_of_day, 8h + 30min);
}

TEST(ToLocalTime, FollowsAZoneThatIsSetWhileItRuns) {
  const Zone first("UTC0");
  (void)ToLocalTime(kSundayNight);
  const Zone second("JST-9");
  EXPECT_EQ(ToLocalTime(kSundayNight).weekday, 1);
}

TEST(ToLocalTime, FloorsTimesBefore1970) {
  const Zone zone("UTC0");
  const model::WallTime before{-1us};
  EXPECT_EQ(ToLocalTime(before).weekday, 3);
  EXPECT_EQ(ToLocalTime(before).time_of_day, 23h + 59min);
}

}  // namespace
}  // namespace sekimori::agent
