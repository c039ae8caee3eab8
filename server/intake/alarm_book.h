// Turns what intake found wrong into events for the collector's own chain, without letting anyone fill that chain: the
// same finding about the same terminal is written once an hour, with the count of what was left out. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "proto/event.pb.h"

namespace sekimori::intake {

class AlarmBook {
 public:
  static constexpr std::size_t kMaxOpen = 4096;            // findings remembered
  static constexpr std::chrono::minutes kQuiet{60};        // one finding is not repeated within
  static constexpr std::uint32_t kStrangersPerHour = 120;  // alarms about nobody we know, all told

  // The event to write now, or nothing when it was written lately.
  [[nodiscard]] std::optional<proto::Event> Raise(const proto::CollectorAlarm& alarm, std::int64_t now_us);

 private:
  struct Finding {
    std::int64_t written_us = 0;
    std::uint64_t left_out = 0;
  };
  using Key = std::tuple<int, std::string>;  // kind; terminal, or the peer's address without its port
  [[nodiscard]] bool StrangerMayBeWritten(std::int64_t now_us);
  void Forget(std::int64_t now_us);

  std::map<Key, Finding> findings_;
  std::int64_t strangers_since_us_ = 0;
  std::uint32_t strangers_ = 0;
};

}  // namespace sekimori::intake
