// One counter of tries for each user and credential (two: at the console and elsewhere; conversation.cc), raised on
// disk before every check. Any thread. Req: R16 A power cut between counter and answer costs the user a try, never
// gives one. Only an administrator unlocks.
#pragma once

#include <cstdint>

#include "agent/model/login.h"
#include "agent/ports/login_store.h"
#include "proto/result.h"

namespace sekimori::login {

class Lockout {
 public:
  // `tries` may fail in a row; 0 counts as 1. The store outlives the lockout.
  Lockout(ports::LoginStore& store, std::uint32_t tries);

  // The store's error: nothing may be checked.
  [[nodiscard]] Result<bool> IsLocked(const model::CredentialKey& key) const;
  // Ok: the try is counted and on disk, check now. kDenied: locked, check nothing. Any other error is the store's:
  // check nothing either.
  [[nodiscard]] Status BeforeCheck(const model::CredentialKey& key);
  // The check held. The store's error: whatever it proved must not count.
  [[nodiscard]] Status Held(const model::CredentialKey& key);

 private:
  ports::LoginStore& store_;
  const std::uint32_t tries_;
};

}  // namespace sekimori::login
