// The sessions that were opened here and not closed yet: only their ends are taken for ends. Any thread. Req: R05
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

#include "agent/model/login.h"

namespace sekimori::door {

class OpenSessions {
 public:
  // Of more than so many the oldest are forgotten: programs that died without closing theirs.
  explicit OpenSessions(std::size_t most = 1024) : most_(most) {}

  void Opened(const model::LoginRequest& request);
  // Whether whoever asks (or its parent: systemd closes in a child) had opened it; then it is closed.
  [[nodiscard]] bool Close(const model::LoginRequest& request);

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::deque<model::LoginRequest> open_;  // the oldest first
};

}  // namespace sekimori::door
