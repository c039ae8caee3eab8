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

proto::CollectorAlarm AlarmAt(proto::AlarmKind kind, const std::string& terminal, std::uint64_t record) {
  proto::CollectorAlarm alarm = Alarm(kind, terminal);
  alarm.set_sequence(record);
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

TEST(AlarmBook, AnotherRecordIsAnotherFinding) {
  AlarmBook book;
  EXPECT_TRUE(book.Raise(AlarmAt(proto::ALARM_FORK, "t", 5), kMinute));
  EXPECT_TRUE(book.Raise(AlarmAt(proto::ALARM_FORK, "t", 9), kMinute));
  EXPECT_FALSE(book.Raise(AlarmAt(proto::ALARM_FORK, "t", 5), 2 * kMinute));
}

TEST(AlarmBook, ARolledBackLogIsOneFindingThoughItsEndMoves) {
  AlarmBook book;
  EXPECT_TRUE(book.Raise(AlarmAt(proto::ALARM_ROLLBACK, "t", 5), kMinute));
  EXPECT_FALSE(book.Raise(AlarmAt(proto::ALARM_ROLLBACK, "t", 6), kMinute));
}

TEST(AlarmBook, RecordsBeyondTheFirstFewAreCountedTogether) {
  AlarmBook book;
  std::size_t written = 0;
  for (std::uint64_t record = 1; record <= 500; ++record)
    written += book.Raise(AlarmAt(proto::ALARM_FORK, "t", record), kMinute) ? 1 : 0;
  EXPECT_EQ(AlarmBook::kMaxRecords + 1, written);
  EXPECT_TRUE(book.Raise(AlarmAt(proto::ALARM_FORK, "u", 1), kMinute));
  const std::vector<proto::Event> due = book.Due(61 * kMinute);
  ASSERT_EQ(1U, due.size());
  EXPECT_NE(std::string::npos, due[0].collector_alarm().detail().find("491 more times")) << due[0].DebugString();
}

TEST(AlarmBook, CountsOfWhatWasLeftOutAreWrittenThoughNothingMoreIsFound) {
  AlarmBook book;
  ASSERT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 2 * kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 3 * kMinute));
  EXPECT_TRUE(book.Due(60 * kMinute).empty());
  const std::vector<proto::Event> due = book.Due(61 * kMinute);
  ASSERT_EQ(1U, due.size());
  EXPECT_NE(std::string::npos, due[0].collector_alarm().detail().find("2 more times"));
  EXPECT_TRUE(book.Due(62 * kMinute).empty());
  EXPECT_TRUE(book.Due(200 * kMinute).empty());
}

TEST(AlarmBook, WhatCouldNotBeWrittenIsGivenAgainWithItsCount) {
  AlarmBook book;
  ASSERT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), kMinute));
  EXPECT_FALSE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 2 * kMinute));
  std::vector<proto::Event> due = book.Due(61 * kMinute);
  ASSERT_EQ(1U, due.size());
  book.NotWritten(due[0].collector_alarm());
  EXPECT_TRUE(book.Due(61 * kMinute).empty()) << "tried again without a pause";
  due = book.Due(62 * kMinute);
  ASSERT_EQ(1U, due.size());
  EXPECT_NE(std::string::npos, due[0].collector_alarm().detail().find("1 more times"));
  EXPECT_TRUE(book.Due(63 * kMinute).empty());
}

TEST(AlarmBook, AnAlarmThatCouldNotBeWrittenDoesNotSilenceTheNext) {
  AlarmBook book;
  const auto first = book.Raise(Alarm(proto::ALARM_FORK, "t"), kMinute);
  ASSERT_TRUE(first);
  book.NotWritten(first->collector_alarm());
  EXPECT_TRUE(book.Raise(Alarm(proto::ALARM_FORK, "t"), 2 * kMinute));
}

TEST(AlarmBook, CountsAboutStrangersAreBoundedToo) {
  AlarmBook book;
  const auto raise = [&](const std::string& net, std::int64_t now_us) {
    for (std::uint32_t i = 0; i < AlarmBook::kStrangersPerHour; ++i)
      (void)book.Raise(Alarm(proto::ALARM_TOKEN, "", net + std::to_string(i) + ":1"), now_us);
  };
  raise("10.0.0.", 59 * kMinute);
  raise("10.0.0.", 59 * kMinute);
  raise("10.0.1.", 119 * kMinute);
  EXPECT_TRUE(book.Due(120 * kMinute).empty()) << "the hour's alarms about strangers were written already";
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
