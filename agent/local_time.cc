#include "agent/local_time.h"

#include <chrono>
#include <ctime>

namespace sekimori::agent {

core::LocalTime ToLocalTime(model::WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm local{};
  // The zone may be set while we run (tzset(3) is implied by localtime, not by localtime_r).
  ::tzset();
  if (::localtime_r(&seconds, &local) == nullptr) return {};
  const int weekday = local.tm_wday == 0 ? 7 : local.tm_wday;
  return {static_cast<std::uint8_t>(weekday), std::chrono::hours{local.tm_hour} + std::chrono::minutes{local.tm_min}};
}

}  // namespace sekimori::agent
