#include "server/intake/alarm_book.h"

#include <gtest/gtest.h>

#include "server/intake/enrolment_gate.h"

namespace sekimori::intake {
namespace {

constexpr std::int64_t kMinute = 60'000'000;

proto::CollectorAlarm Alarm(proto::AlarmKind kind, const std::string& terminal,
                            const std::string& peer = "192.0.2.1:7") {
  proto::CollectorAlarm alarm;
  alarm.set_kind(kind);
  alarm.set_terminal_id(terminal);
  alarm.set_peer(peer);
  alarm.set_detail("detail");
  return alarm;
}

TEST(AlarmBook, WritesAFindingOnceAnHourWithTheCount) {
  AlarmBook book;
  ASSERT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 2 * kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 60 * kMinute));
  const auto later = book.Raise(Alarm(proto::ALARM_FORK, "t"), 61 * kMinute);
  ASSERT_TRUE(later);
  EXPECT_NE(std::string::npos, later->collector_alarm().detail().find("2 more times"));
  EXPECT_EQ(61 * kMinute, later->time_us());
}

TEST(AlarmBook, AnotherKindOrTerminalIsAnotherFinding) {
  AlarmBook book;
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), kMinute));
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_GAP, "t"), kMinute));
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "u"), kMinute));
}

TEST(AlarmBook, AClockSetBackSilencesNothing) {
  AlarmBook book;
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 100 * kMinute));
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 10 * kMinute));
}

TEST(AlarmBook, StrangersAreOneByAddressAndBoundedAllTold) {
  AlarmBook book;
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_TOKEN, "", "192.0.2.1:1"), kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_TOKEN, "", "192.0.2.1:2"), kMinute));
  std::size_t written = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string peer = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":1";
    written += book.Raise(Alarm(proto::ALARM_TOKEN, "", peer), 2 * kMinute) ? 1 : 0;
  }
  EXPECT_EQ(AlarmBook::kStrangersPerHour - 1, written);
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_TOKEN, "", "203.0.113.1:1"), 70 * kMinute));
}

TEST(AlarmBook, ManyTerminalsPushOutTheOldestFindingOnly) {
  AlarmBook book;
  for (std::size_t i = 0; i <= AlarmBook::kMaxOpen; ++i) {
    ASSERT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t" + std::to_string(i)), kMinute + static_cast<std::int64_t>(i)));
  }
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t0"), 2 * kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t" + std::to_string(AlarmBook::kMaxOpen)), 2 * kMinute));
}

TEST(EnrolmentGate, RefillsWithTime) {
  EnrolmentGate gate({100, 100}, {2, 1});
  const EnrolmentGate::Time start{};
  EXPECT_TRUE(gate.Admit("a", start));
  EXPECT_TRUE(gate.Admit("a", start));
  EXPECT_FALSE(gate.Admit("a", start));
  EXPECT_TRUE(gate.Admit("b", start));
  EXPECT_FALSE(gate.Admit("a", start + std::chrono::milliseconds(900)));
  EXPECT_TRUE(gate.Admit("a", start + std::chrono::milliseconds(1900)));
}

TEST(EnrolmentGate, IsBoundedForAllTogether) {
  EnrolmentGate gate({3, 0}, {2, 0});
  const EnrolmentGate::Time start{};
  std::size_t admitted = 0;
  for (int i = 0; i < 10; ++i)
    admitted += gate.Admit("host" + std::to_string(i), start) ? 1 : 0;
  EXPECT_EQ(3U, admitted);
}

TEST(EnrolmentGate, RemembersABoundedNumberOfAddresses) {
  EnrolmentGate gate({1e9, 0}, {2, 1});
  const EnrolmentGate::Time start{};
  std::size_t admitted = 0;
  for (int i = 0; i < 6000; ++i)
    admitted += gate.Admit(std::to_string(i), start) ? 1 : 0;
  EXPECT_EQ(4096U, admitted);
  EXPECT_TRUE(gate.Admit("later", start + std::chrono::seconds(2)));
}

}  // namespace
}  // namespace sekimori::intake
