#include "server/intake/lag_watch.h"

#include <algorithm>

namespace sekimori::intake {

std::int64_t LagWatch::Waited(const Waiting& waiting, std::int64_t now_us) {
  // A clock set back takes nothing away from what was waited before.
  const std::int64_t here = waiting.connected ? std::max<std::int64_t>(0, now_us - waiting.since_us) : 0;
  return waiting.waited_us + here;
}

void LagWatch::BeginAnew(Waiting& waiting, std::int64_t now_us) {
  waiting.since_us = now_us;
  waiting.waited_us = 0;
  waiting.calls = 0;
}

void LagWatch::Welcomed(const Lag& lag, std::int64_t now_us) {
  if (lag.claimed <= lag.stored) {
    waiting_.erase(lag.terminal);
    return;
  }
  const auto [known, fresh] = waiting_.try_emplace(lag.terminal, Waiting{lag, true, now_us});
  Waiting& waiting = known->second;
  if (!fresh && waiting.lag.stored != lag.stored) BeginAnew(waiting, now_us);
  waiting.waited_us = Waited(waiting, now_us);
  waiting.since_us = now_us;
  waiting.connected = true;
  waiting.lag = lag;
  ++waiting.calls;
}

void LagWatch::Stored(const std::string& terminal, std::uint64_t sequence, std::int64_t now_us) {
  const auto known = waiting_.find(terminal);
  if (known == waiting_.end()) return;
  if (sequence >= known->second.lag.claimed) {
    waiting_.erase(known);
    return;
  }
  known->second.lag.stored = sequence;
  BeginAnew(known->second, now_us);
}

void LagWatch::Gone(const std::string& terminal, std::int64_t now_us) {
  const auto known = waiting_.find(terminal);
  if (known == waiting_.end()) return;
  known->second.waited_us = Waited(known->second, now_us);
  known->second.connected = false;
}

std::vector<LagWatch::Lag> LagWatch::Due(std::int64_t now_us) {
  constexpr std::int64_t kPatienceUs = std::chrono::microseconds(kPatience).count();
  std::vector<Lag> due;
  for (auto& [terminal, waiting] : waiting_) {
    if (Waited(waiting, now_us) < kPatienceUs && waiting.calls < kCalls) continue;
    due.push_back(waiting.lag);
    BeginAnew(waiting, now_us);
  }
  return due;
}

}  // namespace sekimori::intake
