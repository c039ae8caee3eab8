#include "server/ctl/times.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <time.h>

namespace sekimori::ctl {
namespace {

class InJapan : public testing::Test {
 protected:
  InJapan() {
    ::setenv("TZ", "Asia/Tokyo", 1);
    ::tzset();
  }
  ~InJapan() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 1'800'000'000 * kSecond;

TEST(ParseDuration, ReadsWholeNumbersWithAUnit) {
  EXPECT_EQ(std::chrono::minutes(90), ParseDuration("90m").value());
  EXPECT_EQ(std::chrono::hours(12), ParseDuration("12h").value());
  EXPECT_EQ(std::chrono::days(7), ParseDuration("7d").value());
  EXPECT_EQ(std::chrono::days(14), ParseDuration("2w").value());
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "7", "d", "0d", "-7d", "7 d", "7dd", "1.5h", "7D", "99999999999999999999d",
                           "9223372036854775807w", "3661d", "+7d"})
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
}

TEST_F(InJapan, TimesWithoutOffsetAreLocal) {
  // 2026-11-21T00:00+09:00 is 2026-11-20T15:00Z.
  EXPECT_EQ(1'795'186'800 * kSecond, ParseTime("2026-11-21", kNow).value());
  EXPECT_EQ(1'795'186'800 * kSecond + 37'815 * kSecond, ParseTime("2026-11-21T10:30:15", kNow).value());
  EXPECT_EQ(1'795'186'800 * kSecond + 37'800 * kSecond, ParseTime("2026-11-21 10:30", kNow).value());
}

TEST_F(InJapan, TimesWithOffsetAreAsSaid) {
  const std::int64_t midnight = ParseTime("2026-11-21", kNow).value();
  EXPECT_EQ(midnight, ParseTime("2026-11-20T15:00Z", kNow).value());
  EXPECT_EQ(midnight, ParseTime("2026-11-21T00:00:00+09:00", kNow).value());
  EXPECT_EQ(midnight, ParseTime("2026-11-20T10:00-05:00", kNow).value());
}

TEST(ParseTime, ReadsHowLongAgo) {
  EXPECT_EQ(kNow - 7'200 * kSecond, ParseTime("-2h", kNow).value());
  EXPECT_EQ(kNow - 7 * 86'400 * kSecond, ParseTime("-7d", kNow).value());
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2026", "2026-11", "2026-13-01", "2026-02-30", "2026-11-21T", "2026-11-21T25:00",
        "2026-11-21T10:60", "2026-11-21T10", "2026-11-21T10:30:15.5", "2026-11-21T10:30X", "2026-11-21T10:30+0900",
        "2026-11-21T10:30Z ", "-", "-2", "1969-12-31", "-026-11-21", "2026--1-21"})
    EXPECT_FALSE(ParseTime(text, kNow).ok()) << text;
}

TEST_F(InJapan, TimesAreShownLocalAndExportedInUtc) {
  EXPECT_EQ("2026-11-21T00:00:00+09:00", TimeText(1'795'186'800 * kSecond));
  EXPECT_EQ("2026-11-20T15:00:00.000000Z", TimeJson(1'795'186'800 * kSecond));
  EXPECT_EQ("-", TimeText(0));
  EXPECT_EQ("", TimeJson(0));
}

}  // namespace
}  // namespace sekimori::ctl
