// KnownUsers: who is logged in, asked where it may take its time and remembered for the deciding thread, which must not
// wait for a directory server. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "agent/ports/sessions.h"

namespace sekimori::agent {

class KnownUsers final : public ports::Sessions {
 public:
  explicit KnownUsers(const ports::Sessions& source) : source_(source) {}

  // Asks; may block for as long as the name service does. Of two that overlap, the one begun later counts: it has seen
  // more.
  void Refresh() {
    const std::uint64_t turn = ++begun_;
    auto now = source_.LoggedIn();
    const std::lock_guard lock(mutex_);
    if (turn < known_by_) return;
    known_by_ = turn;
    known_ = std::move(now);
  }
  // As of the last Refresh; nobody before the first.
  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override {
    const std::lock_guard lock(mutex_);
    return known_;
  }

 private:
  const ports::Sessions& source_;
  std::atomic<std::uint64_t> begun_{0};
  mutable std::mutex mutex_;  // guards the two below
  std::uint64_t known_by_ = 0;
  Result<std::vector<ports::LoggedInUser>> known_ = std::vector<ports::LoggedInUser>{};
};

}  // namespace sekimori::agent
