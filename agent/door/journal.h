// What the door needs of the deciding thread: that what happened is written down, and by which policy to judge. Any
// thread. Req: R05
#pragma once

#include "agent/model/event.h"
#include "agent/policy/login_policy.h"
#include "proto/result.h"

namespace sekimori::door {

class Journal {
 public:
  virtual ~Journal() = default;
  // A LoginJudged or SessionJudged. Ok: it is on disk. An error: what lets somebody in is not, and never will be, so
  // that nothing may be granted on it.
  [[nodiscard]] virtual Status Record(const model::EventBody& body) = 0;
};

class Policies {
 public:
  virtual ~Policies() = default;
  // The one in force now.
  [[nodiscard]] virtual policy::LoginPolicy Current() const = 0;
};

}  // namespace sekimori::door
