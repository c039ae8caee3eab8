// KnownUsers: who is logged in, asked where it may take its time and remembered for the deciding thread, which must not
// wait for a directory server. Any thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "agent/ports/sessions.h"

namespace sekimori::agent {

class KnownUsers final : public ports::Sessions {
 public:
  explicit KnownUsers(const ports::Sessions& source) : source_(source) {}

  // Asks; may block for as long as the name service does.
  void Refresh() {
    auto now = source_.LoggedIn();
    const std::lock_guard lock(mutex_);
    known_ = std::move(now);
  }
  // As of the last Refresh; nobody before the first.
  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override {
    const std::lock_guard lock(mutex_);
    return known_;
  }

 private:
  const ports::Sessions& source_;
  mutable std::mutex mutex_;
  Result<std::vector<ports::LoggedInUser>> known_ = std::vector<ports::LoggedInUser>{};
};

}  // namespace sekimori::agent
