// Turns what intake found wrong into events for the collector's own chain, without letting anyone fill that chain: the
// same finding about the same record of the same terminal is written once an hour, then with the count of what was left
// out, and findings of one kind about ever new records are bounded too. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "proto/event.pb.h"

namespace sekimori::intake {

class AlarmBook {
 public:
  static constexpr std::size_t kMaxOpen = 4096;            // findings remembered
  static constexpr std::chrono::minutes kQuiet{60};        // one finding is not repeated within
  static constexpr std::chrono::seconds kRetry{15};        // what could not be written is tried again after
  static constexpr std::size_t kMaxRecords = 8;            // of one kind and terminal told apart; the rest is counted
  static constexpr std::uint32_t kStrangersPerHour = 120;  // alarms about nobody we know, all told

  // The event to write now, or nothing when it was written lately. Whoever cannot write it says so with NotWritten.
  [[nodiscard]] std::optional<proto::Event> Raise(const proto::CollectorAlarm& alarm, std::int64_t now_us);
  // It is given again, by the next Raise or Due after kRetry.
  void NotWritten(const proto::CollectorAlarm& alarm);
  // What is to be written now although nothing new was found: what could not be written, and findings that were left
  // out since they were written, with their count, when their quiet time is over.
  [[nodiscard]] std::vector<proto::Event> Due(std::int64_t now_us);

 private:
  struct Finding {
    proto::CollectorAlarm last;
    std::int64_t written_us = 0;
    std::uint64_t left_out = 0;  // since it was written
    std::uint64_t told = 0;      // of those before, as written with it
    bool unwritten = false;
  };
  // Kind; terminal, or the peer's address without its port; record.
  using Key = std::tuple<int, std::string, std::uint64_t>;
  [[nodiscard]] Key KeyOf(const proto::CollectorAlarm& alarm) const;
  [[nodiscard]] static bool Quiet(const Finding& finding, std::int64_t now_us);
  [[nodiscard]] static proto::Event Write(Finding& finding, std::int64_t now_us);
  [[nodiscard]] bool StrangerMayBeWritten(std::int64_t now_us);
  void MakeRoom(std::int64_t now_us);

  std::map<Key, Finding> findings_;
  std::int64_t strangers_since_us_ = 0;
  std::uint32_t strangers_ = 0;
};

}  // namespace sekimori::intake
