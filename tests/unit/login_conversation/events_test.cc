// Every event in every state, and time.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

struct Event {
  const char* name;
  std::function<Output(Conversation&)> happens;
};

const std::vector<Event>& AllEvents() {
  static const std::vector<Event> events = {
      {"start", [](Conversation& c) { return c.Start(); }},
      {"answered", [](Conversation& c) { return c.Answered(model::Secret("right")); }},
      {"shown", [](Conversation& c) { return c.Shown(); }},
      {"recorded", [](Conversation& c) { return c.Recorded(Status::Ok()); }},
      {"not recorded",
       [](Conversation& c) {
         return c.Recorded(Error{ErrorCode::kFull, "log", "full"});
       }},
      {"cancelled", [](Conversation& c) { return c.Cancelled(); }},
      {"time over", [](Conversation& c) { return c.TimeOver(); }},
  };
  return events;
}

struct Situation {
  const char* name;
  std::vector<std::string> before;  // events that lead there
  std::vector<std::string> follow;  // events that may come now
};

const std::vector<Situation>& AllSituations() {
  static const std::vector<Situation> situations = {
      {"new", {}, {"start"}},
      {"asking", {"start"}, {"answered"}},
      {"choosing", {"start", "answered"}, {"answered"}},
      {"telling", {"start", "answered", "choose 2"}, {"shown"}},
      {"recording", {"start", "answered", "choose 2", "shown"}, {"recorded"}},
      {"granted", {"start", "answered", "choose 2", "shown", "recorded"}, {}},
      {"refused", {"start", "cancelled"}, {}},
  };
  return situations;
}

// Password, then code or key; the key tells first.
struct ChoosingTerminal : OfficeTerminal {
  ChoosingTerminal() {
    Enrol(Method::kFido2, "key");
    fido2.TellFirst(true);
  }
};

Output Happen(Conversation& conversation, const std::string& name) {
  if (name == "choose 2") return conversation.Answered(model::Secret("2"));
  for (const Event& event : AllEvents())
    if (event.name == name) return event.happens(conversation);
  throw std::logic_error("no such event: " + name);
}

bool Grants(const Output& output) {
  const auto* const finish = std::get_if<Finish>(&output);
  return finish && (finish->verdict.result == LoginResult::kGranted || !finish->verdict.ticket.empty());
}

TEST(Events, ThatCannotFollowEndTheLoginRefused) {
  for (const Situation& situation : AllSituations()) {
    for (const Event& event : AllEvents()) {
      const std::string name = std::string(event.name) + " when " + situation.name;
      ChoosingTerminal terminal;
      Conversation conversation(terminal.desk(), terminal.policy, Sato());
      for (const std::string& before : situation.before)
        (void)Happen(conversation, before);
      const bool may = std::ranges::find(situation.follow, event.name) != situation.follow.end();
      const Output output = event.happens(conversation);
      EXPECT_EQ(Grants(output), may && std::string(situation.name) == "recording") << name;
      if (may) continue;
      ASSERT_TRUE(std::holds_alternative<Finish>(output)) << name;
      EXPECT_EQ(terminal.tickets.open(), 0U) << name;
      // And nothing opens it again.
      for (const Event& later : AllEvents())
        EXPECT_FALSE(Grants(later.happens(conversation))) << name << ", then " << later.name;
      EXPECT_EQ(terminal.tickets.open(), 0U) << name;
    }
  }
}

TEST(Events, EachRefusalHasOneReceipt) {
  for (const Event& event : AllEvents()) {
    if (std::string(event.name) == "answered") continue;
    ChoosingTerminal terminal;
    Conversation conversation(terminal.desk(), terminal.policy, Sato());
    (void)conversation.Start();
    const Output output = event.happens(conversation);
    ASSERT_TRUE(std::holds_alternative<Finish>(output)) << event.name;
    ASSERT_TRUE(std::get<Finish>(output).receipt.has_value()) << event.name;
    EXPECT_NE(std::get<Finish>(output).receipt->result, LoginResult::kGranted) << event.name;
    EXPECT_FALSE(std::get<Finish>(conversation.Cancelled()).receipt.has_value()) << event.name;
  }
}

TEST(Events, SayWhyTheyEndedIt) {
  const std::vector<std::pair<std::string, LoginReason>> cases = {{"cancelled", LoginReason::kCancelled},
                                                                  {"time over", LoginReason::kTimeout},
                                                                  {"shown", LoginReason::kOutOfOrder},
                                                                  {"recorded", LoginReason::kOutOfOrder}};
  for (const auto& [event, reason] : cases) {
    ChoosingTerminal terminal;
    Conversation conversation(terminal.desk(), terminal.policy, Sato());
    (void)conversation.Start();
    EXPECT_EQ(std::get<Finish>(Happen(conversation, event)).receipt->reason, reason) << event;
  }
}

TEST(Time, EndsALoginThatTakesTooLong) {
  OfficeTerminal terminal;
  Conversation conversation(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  terminal.clock.Advance(Conversation::kLongest - std::chrono::microseconds{1});
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret("right"))));
  terminal.clock.Advance(std::chrono::microseconds{1});
  const Output output = conversation.Answered(model::Secret("right"));
  ASSERT_TRUE(std::holds_alternative<Finish>(output));
  EXPECT_EQ(std::get<Finish>(output).receipt->reason, LoginReason::kTimeout);
  EXPECT_EQ(terminal.totp.checks(), 0);
}

TEST(Time, EndsALoginWhoseCheckTookTooLong) {
  OfficeTerminal terminal;
  terminal.totp.WhileChecking([&] { terminal.clock.Advance(Conversation::kLongest); });
  const Ended ended = terminal.Run(Sato());
  EXPECT_FALSE(ended.granted());
  EXPECT_EQ(ended.reason(), LoginReason::kTimeout);
  EXPECT_EQ(ended.receipts.back().classes, model::FactorClasses{kKnow});
  EXPECT_EQ(terminal.store.TriesOf({kSato, "phone"}), 1U);
}

TEST(Time, EndsALoginThatWasReadTooLong) {
  Terminal terminal;
  terminal.Enrol(Method::kFido2, "key");
  terminal.fido2.TellFirst(true);
  Conversation conversation(terminal.desk(), terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret("right"))));
  terminal.clock.Advance(Conversation::kLongest);
  const Output output = conversation.Shown();
  ASSERT_TRUE(std::holds_alternative<Finish>(output));
  EXPECT_EQ(std::get<Finish>(output).receipt->reason, LoginReason::kTimeout);
  EXPECT_EQ(terminal.fido2.checks(), 0);
}

// The ticket is made last, when all is proven.
TEST(Time, EndsALoginWhoseTicketTookTooLong) {
  class SlowRandom final : public ports::Random {
   public:
    explicit SlowRandom(fakes::FakeClock& clock) : clock_(clock) {}
    Result<std::array<std::uint8_t, 32>> Bytes() override {
      clock_.Advance(Conversation::kLongest);
      return std::array<std::uint8_t, 32>{};
    }

   private:
    fakes::FakeClock& clock_;
  };
  OfficeTerminal terminal;
  SlowRandom random(terminal.clock);
  TicketRegistry tickets(terminal.clock, random);
  const Desk desk{terminal.order, terminal.store, terminal.clock, terminal.floor, tickets};
  Conversation conversation(desk, terminal.policy, Sato());
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Start()));
  ASSERT_TRUE(std::holds_alternative<Say>(conversation.Answered(model::Secret("right"))));
  const Output output = conversation.Answered(model::Secret("right"));
  ASSERT_TRUE(std::holds_alternative<Finish>(output));
  EXPECT_EQ(std::get<Finish>(output).receipt->reason, LoginReason::kTimeout);
  EXPECT_EQ(tickets.open(), 0U);
}

TEST(Time, ABootClockThatGoesBackIsNotBelieved) {
  OfficeTerminal terminal;
  terminal.password.WhileChecking([&] { terminal.clock.Advance(-std::chrono::seconds{1}); });
  const Ended ended = terminal.Run(Sato());
  EXPECT_EQ(ended.verdict.result, LoginResult::kUnavailable);
  EXPECT_EQ(ended.reason(), LoginReason::kClockFailed);
}

}  // namespace
}  // namespace sekimori::login::tests
