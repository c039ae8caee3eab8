// When the agent must look again because a window opens or closes.
#include "agent/policy/window.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/samples.h"

namespace sekimori::policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr minutes kWeek = hours{7 * 24};

model::Policy WithWindows(const std::vector<model::TimeWindow>& windows) {
  model::Policy policy;
  for (const model::TimeWindow& window : windows)
    policy.rules.emplace_back().match.time = window;
  policy.rules.emplace_back();
  return policy;
}

TEST(UntilNextWindowEdge, NoneWithoutWindows) {
  EXPECT_EQ(UntilNextWindowEdge(WithWindows({}), 1, hours{0}), std::nullopt);
}

TEST(UntilNextWindowEdge, NoneWhenAWindowNeverChanges) {
  EXPECT_EQ(UntilNextWindowEdge(WithWindows({{{}, hours{0}, hours{24}}}), 3, hours{12}), std::nullopt);
  EXPECT_EQ(UntilNextWindowEdge(WithWindows({{{}, hours{9}, hours{9}}}), 3, hours{12}), std::nullopt);
  EXPECT_EQ(UntilNextWindowEdge(WithWindows({{{9}, hours{9}, hours{10}}}), 3, hours{12}), std::nullopt);
}

TEST(UntilNextWindowEdge, NamedCases) {
  const model::TimeWindow office{{1, 2, 3, 4, 5}, hours{8} + minutes{30}, hours{17} + minutes{15}};
  const model::TimeWindow weekend{{6, 7}, hours{0}, hours{24}};
  const model::TimeWindow sunday_night{{7}, hours{22}, hours{5}};
  struct Case {
    std::string name;
    std::vector<model::TimeWindow> windows;
    std::uint8_t weekday;
    minutes time;
    minutes expected;
  };
  const std::vector<Case> cases{
      {"before opening", {office}, 1, hours{8}, minutes{30}},
      {"at opening, the closing comes next", {office}, 1, hours{8} + minutes{30}, hours{8} + minutes{45}},
      {"at closing, tomorrow's opening", {office}, 1, hours{17} + minutes{15}, hours{15} + minutes{15}},
      {"Friday evening to Monday", {office}, 5, hours{18}, hours{62} + minutes{30}},
      {"days that touch have no edge between", {weekend}, 6, hours{12}, hours{36}},
      {"Sunday night closes on Monday", {sunday_night}, 1, hours{1}, hours{4}},
      {"Sunday night opens", {sunday_night}, 1, hours{5}, hours{6 * 24 + 17}},
      {"the nearest of two", {office, sunday_night}, 7, hours{21} + minutes{59}, minutes{1}},
  };
  for (const Case& c : cases)
    EXPECT_EQ(UntilNextWindowEdge(WithWindows(c.windows), c.weekday, c.time), c.expected) << c.name;
}

// From any minute of the week: nothing changes until the edge, and something does at it.
TEST(UntilNextWindowEdge, AgreesWithIsOpenAtEveryMinuteOfTheWeek) {
  const std::vector<model::TimeWindow> windows{{{1, 3}, hours{8}, hours{17}}, {{7}, hours{22}, hours{5}}};
  const model::Policy policy = WithWindows(windows);
  const auto open_at = [&](minutes at) {
    const minutes in_week = at % kWeek;
    std::vector<bool> open;
    for (const model::TimeWindow& window : windows)
      open.push_back(IsOpen(window, static_cast<std::uint8_t>(in_week / hours{24} + 1), in_week % hours{24}));
    return open;
  };
  std::vector<minutes> distance(static_cast<std::size_t>(kWeek.count()));
  minutes next = kWeek;
  for (minutes at = 2 * kWeek; at > minutes{0}; --at) {
    if (open_at(at) != open_at(at - minutes{1})) next = at;
    if (at <= kWeek) distance[static_cast<std::size_t>(at.count() - 1)] = next - (at - minutes{1});
  }
  for (minutes at{0}; at < kWeek; ++at) {
    const auto weekday = static_cast<std::uint8_t>(at / hours{24} + 1);
    ASSERT_EQ(UntilNextWindowEdge(policy, weekday, at % hours{24}), distance[static_cast<std::size_t>(at.count())])
        << "minute " << at.count() << " of the week";
  }
}

}  // namespace
}  // namespace sekimori::policy
