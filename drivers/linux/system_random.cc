#include "drivers/linux/system_random.h"

#include <cerrno>
#include <cstring>

#include <sys/random.h>

namespace sekimori::drivers {

Result<std::array<std::uint8_t, 32>> SystemRandom::Bytes() {
  std::array<std::uint8_t, 32> bytes{};
  ssize_t count = -1;
  // Up to 256 bytes come whole; only a wait soon after boot can be interrupted.
  do
    count = ::getrandom(bytes.data(), bytes.size(), 0);
  while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(bytes.size()))
    return Error{ErrorCode::kUnavailable, "getrandom", std::strerror(errno)};
  return bytes;
}

}  // namespace sekimori::drivers
