#include "server/intake/alarm_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sekimori::intake {
namespace {

constexpr std::int64_t kQuietUs = std::chrono::microseconds(AlarmBook::kQuiet).count();
constexpr std::int64_t kRetryUs = std::chrono::microseconds(AlarmBook::kRetry).count();
// Stands for every record beyond those told apart. Sequences are below 2^63.
constexpr std::uint64_t kOtherRecords = UINT64_MAX;

std::string WithoutPort(const std::string& peer) {
  return peer.substr(0, peer.rfind(':'));
}

}  // namespace

AlarmBook::Key AlarmBook::KeyOf(const proto::CollectorAlarm& alarm) const {
  const bool stranger = alarm.terminal_id().empty();
  // A rolled-back log grows while it is refused: its end is another record at every call. A clock is no record's.
  const bool by_record = alarm.kind() != proto::ALARM_ROLLBACK && alarm.kind() != proto::ALARM_CLOCK;
  Key key(alarm.kind(), stranger ? WithoutPort(alarm.peer()) : alarm.terminal_id(), by_record ? alarm.sequence() : 0);
  if (findings_.contains(key)) return key;
  const auto first = findings_.lower_bound(Key(std::get<0>(key), std::get<1>(key), 0));
  const auto others = findings_.lower_bound(Key(std::get<0>(key), std::get<1>(key), kOtherRecords));
  if (static_cast<std::size_t>(std::distance(first, others)) >= kMaxRecords) std::get<2>(key) = kOtherRecords;
  return key;
}

bool AlarmBook::Quiet(const Finding& finding, std::int64_t now_us) {
  // A clock set back must not silence alarms.
  const std::int64_t age = now_us - finding.written_us;
  return age >= 0 && age < (finding.unwritten ? kRetryUs : kQuietUs);
}

bool AlarmBook::StrangerMayBeWritten(std::int64_t now_us) {
  if (now_us - strangers_since_us_ >= kQuietUs || now_us < strangers_since_us_) {
    strangers_since_us_ = now_us;
    strangers_ = 0;
  }
  return ++strangers_ <= kStrangersPerHour;
}

void AlarmBook::MakeRoom(std::int64_t now_us) {
  std::erase_if(findings_, [&](const auto& entry) {
    return !Quiet(entry.second, now_us) && entry.second.left_out == 0 && !entry.second.unwritten;
  });
  while (findings_.size() >= kMaxOpen) {
    findings_.erase(std::min_element(findings_.begin(), findings_.end(), [](const auto& a, const auto& b) {
      return a.second.written_us < b.second.written_us;
    }));
  }
}

proto::Event AlarmBook::Write(Finding& finding, std::int64_t now_us) {
  proto::Event event;
  event.set_time_us(now_us);
  *event.mutable_collector_alarm() = finding.last;
  if (finding.left_out > 0) {
    event.mutable_collector_alarm()->set_detail(finding.last.detail() + " (and " + std::to_string(finding.left_out) +
                                                " more times since the last such alarm)");
  }
  finding.written_us = now_us;
  finding.told = std::exchange(finding.left_out, 0);
  finding.unwritten = false;
  return event;
}

std::optional<proto::Event> AlarmBook::Raise(const proto::CollectorAlarm& alarm, std::int64_t now_us) {
  const Key key = KeyOf(alarm);
  if (const auto known = findings_.find(key); known != findings_.end()) {
    known->second.last = alarm;
    if (Quiet(known->second, now_us)) {
      ++known->second.left_out;
      return std::nullopt;
    }
    if (alarm.terminal_id().empty() && !StrangerMayBeWritten(now_us)) return std::nullopt;
    return Write(known->second, now_us);
  }
  if (alarm.terminal_id().empty() && !StrangerMayBeWritten(now_us)) return std::nullopt;
  if (findings_.size() >= kMaxOpen) MakeRoom(now_us);
  return Write(findings_.emplace(key, Finding{alarm}).first->second, now_us);
}

void AlarmBook::NotWritten(const proto::CollectorAlarm& alarm) {
  const auto known = findings_.find(KeyOf(alarm));
  if (known == findings_.end()) return;
  known->second.unwritten = true;
  known->second.left_out += std::exchange(known->second.told, 0);
}

std::vector<proto::Event> AlarmBook::Due(std::int64_t now_us) {
  std::vector<proto::Event> due;
  for (auto at = findings_.begin(); at != findings_.end();) {
    Finding& finding = at->second;
    if (Quiet(finding, now_us)) {
      ++at;
    } else if ((finding.left_out == 0 && !finding.unwritten) ||
               (finding.last.terminal_id().empty() && !StrangerMayBeWritten(now_us))) {
      at = findings_.erase(at);
    } else {
      due.push_back(Write(finding, now_us));
      ++at;
    }
  }
  return due;
}

}  // namespace sekimori::intake
