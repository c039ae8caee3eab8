#include "drivers/linux/system_notices.h"

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

void Ignore(const ports::SystemNotice&) {}

TEST(LinuxSystemNotices, StartsStopsAndStartsAgain) {
  LinuxSystemNotices notices;
  for (int i = 0; i < 2; ++i) {
    const Status started = notices.Start(Ignore);
    ASSERT_TRUE(started.ok()) << ToString(started.error());
    notices.Stop();
  }
}

TEST(LinuxSystemNotices, StartsOnlyOnce) {
  LinuxSystemNotices notices;
  ASSERT_TRUE(notices.Start(Ignore).ok());
  const Status again = notices.Start(Ignore);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace sekimori::drivers
