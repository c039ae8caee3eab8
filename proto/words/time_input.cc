#include "proto/words/time_input.h"

#include <charconv>
#include <ctime>
#include <optional>
#include <string>

namespace sekimori::words {

namespace {

constexpr std::chrono::seconds kLongest = std::chrono::days(3660);

Error Wrong(std::string_view text, const char* expected) {
  return Error{ErrorCode::kInvalid, std::string(text), expected};
}

// Takes exactly `digits` digits off the front.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeClock(std::string_view& text, std::tm& time) {
  const auto hour = TakeNumber(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ":")) return false;
  const auto minute = TakeNumber(text, 2);
  if (!minute || *minute > 59) return false;
  time.tm_hour = *hour;
  time.tm_min = *minute;
  if (!TakeChar(text, ":")) return true;
  const auto second = TakeNumber(text, 2);
  if (!second || *second > 59) return false;
  time.tm_sec = *second;
  return true;
}

// "Z" or "+09:00": seconds east of UTC.
std::optional<int> TakeOffset(std::string_view& text) {
  if (TakeChar(text, "Zz")) return 0;
  const int sign = !text.empty() && text[0] == '-' ? -1 : 1;
  if (!TakeChar(text, "+-")) return std::nullopt;
  const auto hours = TakeNumber(text, 2);
  if (!hours || *hours > 14 || !TakeChar(text, ":")) return std::nullopt;
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

Result<std::chrono::seconds> ParseDuration(std::string_view text) {
  constexpr const char* kExpected = "expected a whole number with m, h, d or w, such as 90m, 12h, 7d";
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end + 1 != text.data() + text.size() || number <= 0) return Wrong(text, kExpected);
  std::int64_t unit = 0;
  switch (*end) {
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86'400;
      break;
    case 'w':
      unit = 604'800;
      break;
    default:
      return Wrong(text, kExpected);
  }
  if (number > kLongest.count() / unit) return Wrong(text, "expected at most ten years");
  return std::chrono::seconds(number * unit);
}

Result<std::int64_t> ParseTime(std::string_view text, std::int64_t now_us) {
  constexpr const char* kExpected = "expected 2026-11-21, 2026-11-21T10:30, 2026-11-21T10:30:00+09:00, or -2h, -7d";
  if (text.size() > 1 && text[0] == '-') {
    const Result<std::chrono::seconds> ago = ParseDuration(text.substr(1));
    if (!ago.ok()) return Wrong(text, kExpected);
    return now_us - std::chrono::microseconds(ago.value()).count();
  }
  std::string_view rest = text;
  std::tm time{};
  const auto year = TakeNumber(rest, 4);
  if (!year || *year < 1970 || !TakeChar(rest, "-")) return Wrong(text, kExpected);
  const auto month = TakeNumber(rest, 2);
  if (!month || !TakeChar(rest, "-")) return Wrong(text, kExpected);
  const auto day = TakeNumber(rest, 2);
  if (!day) return Wrong(text, kExpected);
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return Wrong(text, "there is no such day");
  time.tm_year = *year - 1900;
  time.tm_mon = *month - 1;
  time.tm_mday = *day;
  time.tm_isdst = -1;
  std::optional<int> offset;
  if (!rest.empty()) {
    if (!TakeChar(rest, "T ") || !TakeClock(rest, time)) return Wrong(text, kExpected);
    if (!rest.empty()) {
      offset = TakeOffset(rest);
      if (!offset) return Wrong(text, kExpected);
    }
    if (!rest.empty()) return Wrong(text, kExpected);
  }
  const std::time_t seconds = offset ? ::timegm(&time) - *offset : std::mktime(&time);
  return static_cast<std::int64_t>(seconds) * 1'000'000;
}

}  // namespace sekimori::words
