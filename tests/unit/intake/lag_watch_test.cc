#include "server/intake/lag_watch.h"

#include <gtest/gtest.h>

namespace sekimori::intake {
namespace {

constexpr std::int64_t kMinute = 60'000'000;

LagWatch::Lag Behind(std::uint64_t stored, std::uint64_t claimed) {
  return {"t", "192.0.2.7:1", stored, claimed};
}

TEST(LagWatch, NoticesAnOpenConnectionThatBringsNothing) {
  LagWatch watch;
  watch.Welcomed(Behind(5, 9), 0);
  EXPECT_TRUE(watch.Due(9 * kMinute).empty());
  const auto due = watch.Due(10 * kMinute);
  ASSERT_EQ(1U, due.size());
  EXPECT_EQ("t", due[0].terminal);
  EXPECT_EQ(5U, due[0].stored);
  EXPECT_EQ(9U, due[0].claimed);
  EXPECT_TRUE(watch.Due(19 * kMinute).empty());
  EXPECT_EQ(1U, watch.Due(20 * kMinute).size());
}

TEST(LagWatch, IsContentWithATerminalThatHasNothingMoreOrSendsIt) {
  LagWatch watch;
  watch.Welcomed(Behind(9, 9), 0);
  EXPECT_TRUE(watch.Due(60 * kMinute).empty());
  watch.Welcomed(Behind(9, 20), 60 * kMinute);
  watch.Stored("t", 20, 61 * kMinute);
  EXPECT_TRUE(watch.Due(120 * kMinute).empty());
}

TEST(LagWatch, EveryRecordBuysTimeForTheNext) {
  LagWatch watch;
  watch.Welcomed(Behind(5, 99), 0);
  for (int i = 1; i <= 20; ++i) {
    watch.Stored("t", 5 + static_cast<std::uint64_t>(i), i * 6 * kMinute);
    EXPECT_TRUE(watch.Due(i * 6 * kMinute + 5 * kMinute).empty()) << i;
  }
  EXPECT_EQ(1U, watch.Due(130 * kMinute).size());
}

TEST(LagWatch, TimeWithoutAConnectionDoesNotCount) {
  LagWatch watch;
  watch.Welcomed(Behind(5, 9), 0);
  watch.Gone("t", 4 * kMinute);
  EXPECT_TRUE(watch.Due(600 * kMinute).empty());
  watch.Welcomed(Behind(5, 12), 600 * kMinute);
  EXPECT_TRUE(watch.Due(605 * kMinute).empty());
  EXPECT_EQ(1U, watch.Due(606 * kMinute).size()) << "what was waited on the connection before was forgotten";
}

TEST(LagWatch, NoticesATerminalThatCallsAgainAndAgainAndSendsNothing) {
  LagWatch watch;
  std::size_t due = 0;
  for (std::uint32_t call = 0; call < LagWatch::kCalls; ++call) {
    EXPECT_EQ(0U, due) << call;
    watch.Welcomed(Behind(5, 9 + call), call);
    watch.Gone("t", call);
    due += watch.Due(call).size();
  }
  EXPECT_EQ(1U, due);
}

TEST(LagWatch, ARecordInBetweenBeginsTheCountAnew) {
  LagWatch watch;
  for (std::uint64_t call = 0; call < 3 * LagWatch::kCalls; ++call) {
    watch.Welcomed(Behind(5 + call, 900), static_cast<std::int64_t>(call));
    watch.Gone("t", static_cast<std::int64_t>(call));
    EXPECT_TRUE(watch.Due(static_cast<std::int64_t>(call)).empty()) << call;
  }
}

}  // namespace
}  // namespace sekimori::intake
