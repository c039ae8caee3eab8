#include "agent/channel/backoff.h"

#include <algorithm>

namespace sekimori::channel {

std::chrono::milliseconds Backoff::UpTo(std::chrono::milliseconds bound) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound.count() + 1)));
}

std::chrono::milliseconds Backoff::Next() {
  const std::chrono::milliseconds wait = std::max(ceiling_ / 20, UpTo(ceiling_));
  ceiling_ = std::min(ceiling_ * 2, terms_.cap);
  return wait;
}

std::chrono::milliseconds Backoff::After(std::chrono::seconds named) {
  const std::chrono::milliseconds wait =
      std::clamp<std::chrono::milliseconds>(named, std::chrono::seconds(1), std::chrono::hours(1));
  return wait + UpTo(wait / 4);
}

}  // namespace sekimori::channel
