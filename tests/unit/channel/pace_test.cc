#include <gtest/gtest.h>

#include "agent/channel/backoff.h"
#include "agent/channel/batch_sizer.h"

namespace sekimori::channel {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesToTheCapAndStartsAnewAfterSuccess) {
  Backoff longest({milliseconds(1000), milliseconds(300'000)}, [] { return std::uint64_t{0}; });
  // With randomness at its least, a twentieth of the ceiling.
  EXPECT_EQ(milliseconds(50), longest.Next());
  EXPECT_EQ(milliseconds(100), longest.Next());
  for (int i = 0; i < 20; ++i)
    (void)longest.Next();
  EXPECT_EQ(milliseconds(15'000), longest.Next());
  longest.Reset();
  EXPECT_EQ(milliseconds(50), longest.Next());
}

TEST(Backoff, NeverWaitsLongerThanItsCeiling) {
  std::uint64_t bits = 0;
  Backoff backoff({milliseconds(1000), milliseconds(300'000)}, [&] { return bits += 0x9e3779b97f4a7c15U; });
  milliseconds ceiling{1000};
  for (int i = 0; i < 1000; ++i) {
    const milliseconds wait = backoff.Next();
    EXPECT_LE(wait, ceiling);
    EXPECT_GE(wait, ceiling / 20);
    ceiling = std::min(ceiling * 2, milliseconds(300'000));
  }
}

TEST(Backoff, ANamedTimeIsKeptWithinReason) {
  Backoff backoff({}, [] { return std::uint64_t{0}; });
  EXPECT_EQ(seconds(300), backoff.After(seconds(300)));
  EXPECT_EQ(seconds(1), backoff.After(seconds(0)));
  EXPECT_EQ(std::chrono::hours(1), backoff.After(std::chrono::hours(1000)));
}

TEST(BatchSizer, GrowsWhileLargerBatchesPay) {
  BatchSizer sizer;
  EXPECT_EQ(BatchSizer::kFirst, sizer.records());
  // Each batch costs a sync of 4 ms and 2 µs a record.
  for (int i = 0; i < 40; ++i) {
    const std::size_t records = sizer.records();
    sizer.Acknowledged(records, milliseconds(4) + std::chrono::microseconds(2 * records));
  }
  EXPECT_GE(sizer.records(), 2000U);
  EXPECT_LE(sizer.records(), BatchSizer::kMost);
}

TEST(BatchSizer, StaysSmallWhenLargerBatchesEarnNothing) {
  BatchSizer sizer;
  for (int i = 0; i < 40; ++i)
    sizer.Acknowledged(sizer.records(), std::chrono::microseconds(50 * sizer.records()));
  EXPECT_LE(sizer.records(), BatchSizer::kFirst * 2);
}

TEST(BatchSizer, ShrinksWhenAcknowledgementsTakeTooLong) {
  BatchSizer sizer;
  for (int i = 0; i < 40; ++i)
    sizer.Acknowledged(sizer.records(), milliseconds(4));
  const std::size_t large = sizer.records();
  EXPECT_EQ(BatchSizer::kMost, large);
  sizer.Acknowledged(large, milliseconds(3000));
  EXPECT_EQ(large / 2, sizer.records());
  for (int i = 0; i < 40; ++i)
    sizer.Acknowledged(sizer.records(), milliseconds(3000));
  EXPECT_EQ(BatchSizer::kFirst, sizer.records());
}

TEST(BatchSizer, GrowsLaterWhenTheDiskHasBecomeSlower) {
  BatchSizer sizer;
  for (int i = 0; i < 100; ++i)
    sizer.Acknowledged(sizer.records(), std::chrono::microseconds(50 * sizer.records()));
  EXPECT_LE(sizer.records(), BatchSizer::kFirst * 2);
  for (int i = 0; i < 400; ++i)
    sizer.Acknowledged(sizer.records(), milliseconds(40));
  EXPECT_GE(sizer.records(), 1000U);
}

TEST(BatchSizer, LearnsNothingFromBatchesThatWereNotFull) {
  BatchSizer sizer;
  for (int i = 0; i < 40; ++i)
    sizer.Acknowledged(1, std::chrono::microseconds(10));
  EXPECT_EQ(BatchSizer::kFirst, sizer.records());
}

}  // namespace
}  // namespace sekimori::channel
