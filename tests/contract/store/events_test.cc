// Searches: each filter, and keyset pages that neither miss nor repeat while others insert.
#include <set>

#include <gtest/gtest.h>

#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

// Two terminals in two groups, one alarm by the collector about the first.
class Search : public testing::Test {
 protected:
  Search() {
    collector_.Enrol(office_, "office");
    collector_.Enrol(tax_, "tax");
    Store(office_,
          {Judged(1'000, "Stick 100%", proto::VERDICT_DENY, "tanaka"),
           Judged(2'000, "Keyboard_A", proto::VERDICT_ALLOW, "sato"), Tampered(3'000)},
          kBefore);
    Store(tax_, {Judged(2'500, "stick B", proto::VERDICT_DENY, "tanakamura")}, kBefore);
    proto::Event alarm;
    alarm.set_time_us(4'000);
    alarm.mutable_collector_alarm()->set_kind(proto::ALARM_GAP);
    alarm.mutable_collector_alarm()->set_terminal_id("office-1");
    EXPECT_TRUE(collector_.writer().AppendOwn(Own{{&alarm, 1}, collector_.own_key()}).ok());
  }

  void Store(FakeTerminal& terminal, const std::vector<proto::Event>& events, std::int64_t received_us) {
    const auto prepared = terminal.Prepare(events);
    prepared->batch.received_us = received_us;
    collector_.Store(*prepared);
  }

  // Times of what is found, newest first.
  std::vector<std::int64_t> Times(const EventFilter& filter) {
    const Result<EventPage> page = collector_.reader().Events(filter, {});
    EXPECT_TRUE(page.ok()) << ToString(page.error());
    std::vector<std::int64_t> times;
    for (const StoredEvent& event : page.value().events)
      times.push_back(event.time_us);
    std::vector<std::int64_t> visited;
    EXPECT_TRUE(collector_.reader()
                    .VisitEvents(filter,
                                 [&](const StoredEvent& event) {
                                   visited.insert(visited.begin(), event.time_us);
                                   return true;
                                 })
                    .ok());
    EXPECT_EQ(times, visited) << "page and visit disagree";
    return times;
  }

  static constexpr std::int64_t kBefore = 1;  // received before every time that is asked for
  Collector collector_;
  FakeTerminal office_{"office-1", 1};
  FakeTerminal tax_{"tax-1", 2};
};

using Expected = std::vector<std::int64_t>;
constexpr std::int64_t kOwn = 5'000'000;  // time of the records of tokens and enrolments

TEST_F(Search, ByTerminalShowsItsRecordsAndTheCollectorsWordsAboutIt) {
  EventFilter filter;
  filter.terminal = "office-1";
  EXPECT_EQ((Expected{4'000, 3'000, 2'000, 1'000, kOwn}), Times(filter));
  filter.terminal = "tax-1";
  EXPECT_EQ((Expected{2'500, kOwn}), Times(filter));
  filter.terminal = "nobody";
  EXPECT_TRUE(Times(filter).empty());
}

TEST_F(Search, ByTerminalTellsWhoseRecordItIs) {
  EventFilter filter;
  filter.terminal = "office-1";
  const EventPage page = collector_.reader().Events(filter, {}).value();
  EXPECT_EQ(kOwnLog, page.events[0].terminal);
  EXPECT_EQ("office-1", page.events[1].terminal);
  EXPECT_EQ("host-office-1", page.events[1].hostname);
  EXPECT_EQ("office", page.events[1].group);
  EXPECT_EQ(3U, page.events[1].sequence);
}

TEST_F(Search, ByGroup) {
  EventFilter filter;
  filter.group = "tax";
  EXPECT_EQ((Expected{2'500, kOwn}), Times(filter));
}

TEST_F(Search, ByTypeAndOutcome) {
  EventFilter filter;
  filter.types = {proto::Event::kDeviceJudged};
  EXPECT_EQ((Expected{2'500, 2'000, 1'000}), Times(filter));
  filter.outcomes = {Outcome::kDenied};
  EXPECT_EQ((Expected{2'500, 1'000}), Times(filter));
  filter.outcomes = {Outcome::kDenied, Outcome::kAllowed};
  EXPECT_EQ((Expected{2'500, 2'000, 1'000}), Times(filter));
}

TEST_F(Search, ByRareTypes) {
  EventFilter filter;
  filter.types = {proto::Event::kBarrierTampered};
  EXPECT_EQ((Expected{3'000}), Times(filter));
  filter.types = {proto::Event::kBarrierTampered, proto::Event::kCollectorAlarm};
  EXPECT_EQ((Expected{4'000, 3'000}), Times(filter));
  filter.from_us = 3'500;
  EXPECT_EQ((Expected{4'000}), Times(filter));
  filter.types.push_back(proto::Event::kDeviceJudged);
  filter.from_us = 2'500;
  EXPECT_EQ((Expected{4'000, 2'500, 3'000}), Times(filter));
}

TEST_F(Search, ByUserIsTheWholeName) {
  EventFilter filter;
  filter.user = "tanaka";
  EXPECT_EQ((Expected{1'000}), Times(filter));
  filter.user = "tana";
  EXPECT_TRUE(Times(filter).empty());
}

TEST_F(Search, ByDeviceTextTakesEveryCharacterAsItself) {
  EventFilter filter;
  filter.device_text = "STICK";
  EXPECT_EQ((Expected{2'500, 1'000}), Times(filter));
  filter.device_text = "100%";
  EXPECT_EQ((Expected{1'000}), Times(filter));
  filter.device_text = "%";
  EXPECT_EQ((Expected{1'000}), Times(filter));
  filter.device_text = "_";
  EXPECT_EQ((Expected{2'000}), Times(filter));
  filter.device_text = "0781:5581";
  EXPECT_EQ((Expected{2'500, 2'000, 1'000}), Times(filter));
  filter.device_text = "' OR 1=1 --";
  EXPECT_TRUE(Times(filter).empty());
}

TEST_F(Search, ByTimeIncludesFromAndExcludesUntil) {
  EventFilter filter;
  filter.from_us = 2'000;
  filter.until_us = 3'000;
  EXPECT_EQ((Expected{2'500, 2'000}), Times(filter));
  filter.until_us.reset();
  filter.from_us = 4'000;
  EXPECT_EQ(4'000, Times(filter).front());
  filter.from_us = kOwn + 1;
  EXPECT_TRUE(Times(filter).empty());
}

TEST_F(Search, ByTimeFindsWhatWasReceivedThenWhateverTheTerminalsClockSays) {
  // Enough before it and after it that it stands in a block of its own.
  for (int i = 0; i < 3; ++i)
    Store(tax_, std::vector<proto::Event>(1'024, Judged(kOwn + 1, "filler", proto::VERDICT_ALLOW)), kOwn + 1);
  Store(office_, {Tampered(-77)}, 8'000'000);
  for (int i = 0; i < 3; ++i)
    Store(tax_, std::vector<proto::Event>(1'024, Judged(kOwn + 1, "filler", proto::VERDICT_ALLOW)), kOwn + 1);
  EventFilter filter;
  filter.from_us = 7'000'000;
  filter.until_us = 9'000'000;
  EXPECT_EQ((Expected{-77}), Times(filter));
  EXPECT_EQ(8'000'000, collector_.reader().Events(filter, {}).value().events.at(0).received_us);
  filter.alarms_only = true;
  EXPECT_EQ((Expected{-77}), Times(filter));
  filter.until_us = 8'000'000;
  EXPECT_TRUE(Times(filter).empty());
  filter.from_us = -100;
  filter.until_us = 0;
  EXPECT_EQ((Expected{-77}), Times(filter)) << "its own time counts too";
}

TEST_F(Search, ByAlarm) {
  EventFilter filter;
  filter.alarms_only = true;
  EXPECT_EQ((Expected{4'000, 3'000}), Times(filter));
  filter.group = "office";
  filter.until_us = 4'000;
  EXPECT_EQ((Expected{3'000}), Times(filter));
}

TEST_F(Search, RefusesFiltersAndPagesBeyondBounds) {
  EventFilter filter;
  filter.device_text = std::string(10'000, 'x');
  EXPECT_EQ(ErrorCode::kInvalid, collector_.reader().Events(filter, {}).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, collector_.reader().Events({}, {Order::kNewestFirst, {}, 0}).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, collector_.reader().Events({}, {Order::kNewestFirst, {}, 10'001}).error().code);
}

struct PagingCase {
  const char* name;
  Order order;
  bool timed;
  bool one_terminal;
};

class Paging : public testing::TestWithParam<PagingCase> {};

TEST_P(Paging, NeitherMissesNorRepeatsWhileOthersInsert) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  // Times run against the stored order: an offline terminal brings old events late.
  std::int64_t time = 1'000'000;
  for (int i = 0; i < 30; ++i) {
    std::vector<proto::Event> events;
    for (int n = 0; n < 97; ++n)
      events.push_back(Judged(time -= 10, "stick", proto::VERDICT_DENY));
    collector.Store(*terminal.Prepare(events));
  }
  EventFilter filter;
  filter.types = {proto::Event::kDeviceJudged};
  if (GetParam().timed) filter.from_us = 0;
  if (GetParam().one_terminal) filter.terminal = "t1";
  const std::size_t before = 30 * 97;
  PageRequest page{GetParam().order, std::nullopt, 250};
  std::set<std::uint64_t> seen;
  std::size_t shown = 0;
  for (int inserted = 0;; ++inserted) {
    const Result<EventPage> found = collector.reader().Events(filter, page);
    ASSERT_TRUE(found.ok()) << ToString(found.error());
    for (const StoredEvent& event : found.value().events)
      seen.insert(event.sequence);
    shown += found.value().events.size();
    if (!found.value().next) break;
    page.after = found.value().next;
    if (inserted < 3) collector.Store(*terminal.Prepare({Judged(time += 10'000, "later", proto::VERDICT_DENY)}));
  }
  EXPECT_EQ(shown, seen.size()) << "something was shown twice";
  // Newest first began before the three came; oldest first meets them at its end.
  const std::size_t expected = GetParam().order == Order::kNewestFirst ? before : before + 3;
  EXPECT_EQ(expected, seen.size());
}

INSTANTIATE_TEST_SUITE_P(Plans, Paging,
                         testing::Values(PagingCase{"newest", Order::kNewestFirst, false, false},
                                         PagingCase{"oldest", Order::kOldestFirst, false, false},
                                         PagingCase{"newest_timed", Order::kNewestFirst, true, false},
                                         PagingCase{"oldest_timed", Order::kOldestFirst, true, false},
                                         PagingCase{"newest_terminal", Order::kNewestFirst, false, true},
                                         PagingCase{"oldest_terminal", Order::kOldestFirst, true, true}),
                         [](const auto& plan) { return std::string(plan.param.name); });

}  // namespace
}  // namespace sekimori::store
