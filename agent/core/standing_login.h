// What the policy in force says about logins, handed from the deciding thread to the threads of logins. Req: R04
#pragma once

#include <mutex>
#include <utility>

#include "agent/ports/login_policy_sink.h"

namespace sekimori::core {

class StandingLogin final : public ports::LoginPolicySink {
 public:
  void Publish(policy::LoginPolicy policy) override {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
  }
  // Any thread. Before anything was published: two different classes, and no session without a ticket.
  [[nodiscard]] policy::LoginPolicy Current() const {
    const std::lock_guard lock(mutex_);
    return policy_;
  }

 private:
  mutable std::mutex mutex_;
  policy::LoginPolicy policy_;
};

}  // namespace sekimori::core
