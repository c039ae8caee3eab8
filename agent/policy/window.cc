#include "agent/policy/window.h"

#include <algorithm>

#include "agent/policy/decide.h"

namespace sekimori::policy {
namespace {

using std::chrono::minutes;

constexpr minutes kDay{24 * 60};
constexpr minutes kWeek = 7 * kDay;

bool StartsOn(const model::TimeWindow& window, std::uint8_t weekday) {
  return window.days.empty() || window.days.contains(weekday);
}

std::uint8_t DayBefore(std::uint8_t weekday) {
  return weekday == 1 ? std::uint8_t{7} : static_cast<std::uint8_t>(weekday - 1);
}

// `at` counts from Monday 00:00 and may lie outside the week by less than one.
bool IsOpenAt(const model::TimeWindow& window, minutes at) {
  const minutes in_week = (at + kWeek) % kWeek;
  return IsOpen(window, static_cast<std::uint8_t>(in_week / kDay + 1), in_week % kDay);
}

// The first time after `now` at which the window is another than a minute before.
std::optional<minutes> UntilNextEdge(const model::TimeWindow& window, minutes now) {
  std::optional<minutes> nearest;
  for (minutes day{0}; day < kWeek; day += kDay) {
    for (const minutes edge : {day + window.from % kDay, day + window.until % kDay}) {
      // Windows that touch (Monday until 24:00, Tuesday from 00:00) have no edge between them.
      if (IsOpenAt(window, edge) == IsOpenAt(window, edge - minutes{1})) continue;
      const minutes ahead = (edge - now + kWeek) % kWeek;
      const minutes wait = ahead == minutes{0} ? kWeek : ahead;
      nearest = nearest ? std::min(*nearest, wait) : wait;
    }
  }
  return nearest;
}

}  // namespace

bool IsOpen(const model::TimeWindow& window, std::uint8_t weekday, minutes time_of_day) {
  if (window.from <= window.until)
    return StartsOn(window, weekday) && window.from <= time_of_day && time_of_day < window.until;
  return (StartsOn(window, weekday) && window.from <= time_of_day) ||
         (StartsOn(window, DayBefore(weekday)) && time_of_day < window.until);
}

std::vector<bool> OpenWindows(const model::Policy& policy, std::uint8_t weekday, minutes time_of_day) {
  std::vector<bool> open;
  for (const model::Rule& rule : policy.rules)
    if (rule.match.time) open.push_back(IsOpen(*rule.match.time, weekday, time_of_day));
  return open;
}

std::optional<minutes> UntilNextWindowEdge(const model::Policy& policy, std::uint8_t weekday, minutes time_of_day) {
  const minutes now = kDay * (weekday - 1) + time_of_day;
  std::optional<minutes> nearest;
  for (const model::Rule& rule : policy.rules) {
    if (!rule.match.time) continue;
    const std::optional<minutes> wait = UntilNextEdge(*rule.match.time, now);
    if (wait) nearest = nearest ? std::min(*nearest, *wait) : *wait;
  }
  return nearest;
}

}  // namespace sekimori::policy
