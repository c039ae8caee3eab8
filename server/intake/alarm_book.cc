#include "server/intake/alarm_book.h"

#include <algorithm>

namespace sekimori::intake {
namespace {

constexpr std::int64_t kQuietUs = std::chrono::microseconds(AlarmBook::kQuiet).count();

std::string WithoutPort(const std::string& peer) {
  return peer.substr(0, peer.rfind(':'));
}

}  // namespace

bool AlarmBook::StrangerMayBeWritten(std::int64_t now_us) {
  if (now_us - strangers_since_us_ >= kQuietUs || now_us < strangers_since_us_) {
    strangers_since_us_ = now_us;
    strangers_ = 0;
  }
  return ++strangers_ <= kStrangersPerHour;
}

void AlarmBook::Forget(std::int64_t now_us) {
  std::erase_if(findings_, [now_us](const auto& entry) { return now_us - entry.second.written_us >= kQuietUs; });
  while (findings_.size() >= kMaxOpen) {
    findings_.erase(std::min_element(findings_.begin(), findings_.end(), [](const auto& a, const auto& b) {
      return a.second.written_us < b.second.written_us;
    }));
  }
}

std::optional<proto::Event> AlarmBook::Raise(const proto::CollectorAlarm& alarm, std::int64_t now_us) {
  const bool stranger = alarm.terminal_id().empty();
  const Key key(alarm.kind(), stranger ? WithoutPort(alarm.peer()) : alarm.terminal_id());
  auto known = findings_.find(key);
  std::uint64_t left_out = 0;
  if (known != findings_.end()) {
    // A clock set back must not silence alarms.
    const std::int64_t age = now_us - known->second.written_us;
    if (age >= 0 && age < kQuietUs) {
      ++known->second.left_out;
      return std::nullopt;
    }
    left_out = known->second.left_out;
    findings_.erase(known);
  }
  if (stranger && !StrangerMayBeWritten(now_us)) return std::nullopt;
  if (findings_.size() >= kMaxOpen) Forget(now_us);
  findings_[key] = Finding{now_us, 0};

  proto::Event event;
  event.set_time_us(now_us);
  *event.mutable_collector_alarm() = alarm;
  if (left_out > 0) {
    event.mutable_collector_alarm()->set_detail(alarm.detail() + " (and " + std::to_string(left_out) +
                                                " more times since the last such alarm)");
  }
  return event;
}

}  // namespace sekimori::intake
