// A terminal that connects while its older connection is still there: the newer one wins, and nobody else pays for it.
#include <thread>

#include <gtest/gtest.h>

#include "proto/frame/frame.h"
#include "server/store/sqlite_connection.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

// Another process that writes: until it lets go, what the collector wants to store waits.
class HeldDatabase {
 public:
  explicit HeldDatabase(const Site& site)
      : connection_(store::Connection::Open(site.directory() / store::kDatabaseFile, store::Connection::Access::kWrite)
                        .value()),
        transaction_(store::Transaction::Begin(*connection_, store::Connection::Access::kWrite).value()) {}

 private:
  std::unique_ptr<store::Connection> connection_;
  store::Transaction transaction_;
};

class Displaced : public ::testing::Test {
 protected:
  void Enrol(Terminal& terminal) {
    ASSERT_TRUE(terminal.Enrol(site_.MakeToken().text).ok());
    ASSERT_TRUE(Eventually([&] { return terminal.Connected(); })) << terminal.state().detail;
    terminal.Stop();
    terminal.log().Append(20);
  }
  proto::FromTerminal Batch(Terminal& terminal, std::uint64_t first, std::uint64_t last) {
    return BatchOf(terminal.log(), first, last, terminal.key());
  }
  // Everything said so far has been read: whole turns of the network thread have begun and ended since.
  [[nodiscard]] bool AllIsRead() {
    const std::uint64_t turns = site_.collector().turns();
    return Eventually([&] { return site_.collector().turns() >= turns + 3; });
  }

  Site site_;
  Terminal terminal_;
};

TEST_F(Displaced, WhatItHadOnItsWayIsNoLongerCountedOnceItIsGone) {
  Enrol(terminal_);
  Terminal other(2);
  Enrol(other);
  std::optional<HeldDatabase> held;
  RawLink first(site_, terminal_);
  ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
  held.emplace(site_);
  RawLink second(site_, terminal_);
  second.Say(HelloOf(terminal_.log()));
  ASSERT_TRUE(AllIsRead());
  // While the newer connection's greeting is with the store, the older one's records queue up behind it.
  first.Say(Batch(terminal_, 1, 5));
  ASSERT_TRUE(AllIsRead());
  held.reset();
  ASSERT_TRUE(second.Hear()->has_welcome());
  EXPECT_EQ("conflict", first.Hear()->refused().error_code());
  ASSERT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == 5; }));
  first.Close();
  ASSERT_TRUE(Eventually([&] { return site_.collector().connections() == 1; }));

  // Were the five records taken off the total twice, it would never be small again, and nobody would be read.
  RawLink third(site_, other);
  ASSERT_TRUE(third.Greet(other.log())->has_welcome());
  for (std::uint64_t record = 1; record <= 3; ++record) {
    third.Say(Batch(other, record, record));
    const auto answer = third.Hear();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(record, answer->ack().sequence());
  }
}

TEST_F(Displaced, WhatItHadSentBeforeIsNoSignOfLife) {
  Enrol(terminal_);
  terminal_.log().Append(1, 40'000);  // all of it finds room at the collector's end of the connection
  RawLink first(site_, terminal_);
  ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
  std::optional<HeldDatabase> held(site_);
  RawLink second(site_, terminal_);
  second.Say(HelloOf(terminal_.log()));
  ASSERT_TRUE(AllIsRead());
  // Records that are there already are looked at first: until then the collector reads nothing more of this connection.
  first.Say(Batch(terminal_, 1, 1));
  first.Say(Batch(terminal_, 1, 1));
  ASSERT_TRUE(AllIsRead());
  first.Say(Batch(terminal_, 21, 21));
  held.reset();
  ASSERT_TRUE(second.Hear()->has_welcome());
  const std::uint64_t turns = site_.collector().turns();
  ASSERT_TRUE(Eventually([&] { return site_.collector().turns() > turns + 20; }));
  EXPECT_TRUE(site_.Alarms(proto::ALARM_TWO_PLACES).empty());
}

TEST_F(Displaced, ItMaySendWithoutEndAndHoldsUpNobody) {
  Enrol(terminal_);
  RawLink first(site_, terminal_);
  ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
  proto::FromTerminal report;
  report.mutable_policy_status()->set_detail(std::string(900'000, 'x'));
  std::string frame;
  ASSERT_TRUE(frame::AppendFrame(frame, report.SerializeAsString()).ok());
  // A byte in each record, for as long as they are taken.
  std::jthread stream([&](const std::stop_token& stop) {
    for (std::size_t at = 0; !stop.stop_requested(); at = (at + 1) % frame.size()) {
      while (!first.TrySayUnframed(frame.substr(at, 1)) && !stop.stop_requested())
        std::this_thread::yield();
    }
  });
  RawLink second(site_, terminal_);
  const auto answer = second.Greet(terminal_.log());
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->has_welcome());
  EXPECT_TRUE(Eventually([&] { return site_.Alarms(proto::ALARM_TWO_PLACES).size() == 1; }));
  second.Say(Batch(terminal_, 1, 2));
  EXPECT_EQ(2U, second.Hear()->ack().sequence());
}

}  // namespace
}  // namespace sekimori::testing
