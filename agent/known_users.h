// KnownUsers: who is logged in, for the deciding thread, which must not wait for a directory server. Whoever left is
// forgotten at once, by number; names and groups are asked for on a thread of its own, and whoever has none yet is not
// there. Any thread. Req: R02
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "agent/ports/logins.h"
#include "agent/ports/sessions.h"

namespace sekimori::agent {

class KnownUsers final : public ports::Sessions {
 public:
  // `changed` is called on that thread when a name that was asked for has come; never after the destructor returned.
  KnownUsers(std::shared_ptr<const ports::Logins> logins, std::function<void()> changed);
  // Waits for no name service: a question that hangs is left to itself.
  ~KnownUsers() override;
  KnownUsers(const KnownUsers&) = delete;
  KnownUsers& operator=(const KnownUsers&) = delete;

  // Reads who is there, and has all of them named anew. Of those known before, nobody is lost meanwhile who is still
  // there.
  void Refresh();
  // Until everybody there has a name, or the time is over.
  void WaitUntilKnown(std::chrono::milliseconds within) const;
  // As of the last Refresh; nobody before the first.
  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override;

 private:
  struct State;
  static void Ask(const std::shared_ptr<State>& state);

  std::mutex refreshing_;  // two at a time could leave the older answer
  const std::shared_ptr<State> state_;
};

}  // namespace sekimori::agent
