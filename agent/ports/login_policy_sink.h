// Where the deciding thread puts what its policy says about logins. Req: R04
#pragma once

#include "agent/policy/login_policy.h"

namespace sekimori::ports {

class LoginPolicySink {
 public:
  virtual ~LoginPolicySink() = default;
  // Deciding thread. What stands from here on, with the name, version and mode of its policy.
  virtual void Publish(policy::LoginPolicy policy) = 0;
};

}  // namespace sekimori::ports
