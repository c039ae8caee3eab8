#include "proto/words/time_text.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace sekimori::words {
namespace {

constexpr std::int64_t kSecond = 1'000'000;  // in microseconds
constexpr const char* kFields = "%04d-%02d-%02dT%02d:%02d:%02d";

std::string Fields(const std::tm& t) {
  std::array<char, 96> text{};
  const int length = std::snprintf(text.data(), text.size(), kFields, t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                                   t.tm_hour, t.tm_min, t.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string LocalTimeText(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  // localtime_r fails only for a year that does not fit an int: the time is then shown in plain microseconds.
  if (localtime_r(&seconds, &local) == nullptr) return std::to_string(time.time_since_epoch().count()) + "us";
  const long offset = local.tm_gmtoff / 60;
  std::array<char, 32> zone{};
  const long magnitude = offset < 0 ? -offset : offset;
  std::snprintf(zone.data(), zone.size(), "%c%02ld:%02ld", offset < 0 ? '-' : '+', magnitude / 60, magnitude % 60);
  return Fields(local) + zone.data();
}

std::string UtcTimeText(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return std::to_string(time.time_since_epoch().count()) + "us";
  std::array<char, 16> fraction{};
  // By remainders: the whole seconds before the earliest time there is do not fit microseconds any more.
  const std::int64_t left = time.time_since_epoch().count() % kSecond;
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(left < 0 ? left + kSecond : left));
  return Fields(utc) + fraction.data();
}

}  // namespace sekimori::words
