#include "proto/words/time_text.h"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace sekimori::words {
namespace {

class Zone {
 public:
  explicit Zone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~Zone() {
    unsetenv("TZ");
    tzset();
  }
};

constexpr std::int64_t kMoment = 1'795'246'719'123'456;  // 2026-11-21T07:38:39.123456Z

TEST(LocalTimeText, CarriesTheOffset) {
  {
    const Zone tokyo("JST-9");
    EXPECT_EQ(LocalTimeText(TimeOfMessage(kMoment)), "2026-11-21T16:38:39+09:00");
  }
  const Zone newfoundland("NST3:30");
  EXPECT_EQ(LocalTimeText(TimeOfMessage(kMoment)), "2026-11-21T04:08:39-03:30");
}

TEST(UtcTimeText, KeepsMicroseconds) {
  EXPECT_EQ(UtcTimeText(TimeOfMessage(kMoment)), "2026-11-21T07:38:39.123456Z");
  EXPECT_EQ(UtcTimeText(TimeOfMessage(0)), "1970-01-01T00:00:00.000000Z");
}

TEST(UtcTimeText, RoundsTimesBeforeTheEpochDown) {
  EXPECT_EQ(UtcTimeText(TimeOfMessage(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(TimeText, HoldsForTimesNoCalendarHas) {
  EXPECT_FALSE(LocalTimeText(TimeOfMessage(INT64_MAX)).empty());
  EXPECT_TRUE(UtcTimeText(TimeOfMessage(INT64_MIN)).ends_with(".224192Z")) << UtcTimeText(TimeOfMessage(INT64_MIN));
  EXPECT_TRUE(UtcTimeText(TimeOfMessage(INT64_MAX)).ends_with(".775807Z")) << UtcTimeText(TimeOfMessage(INT64_MAX));
}

}  // namespace
}  // namespace sekimori::words
