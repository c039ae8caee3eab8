#include "agent/login/lockout.h"

#include <algorithm>

namespace sekimori::login {
namespace {

Error Locked() {
  return {ErrorCode::kDenied, "lockout", "too many tries of this credential failed; an administrator can unlock it"};
}

}  // namespace

Lockout::Lockout(ports::LoginStore& store, std::uint32_t tries) : store_(store), tries_(std::max(tries, 1U)) {}

Result<bool> Lockout::IsLocked(const model::CredentialKey& key) const {
  const Result<std::uint32_t> tries = store_.Tries(key);
  if (!tries.ok()) return tries.error();
  return tries.value() >= tries_;
}

Status Lockout::BeforeCheck(const model::CredentialKey& key) {
  const Result<bool> locked = IsLocked(key);
  if (!locked.ok()) return locked.error();
  if (locked.value()) return Locked();
  // Several logins may have come this far with the same credential. Each gets a number of its own, and only so many of
  // them go on.
  const Result<std::uint32_t> number = store_.CountTry(key);
  if (!number.ok()) return number.error();
  // 0 is no number a counted try can have: a store that says so did not count.
  if (number.value() == 0 || number.value() > tries_) return Locked();
  return Status::Ok();
}

Status Lockout::Held(const model::CredentialKey& key) {
  return store_.ClearTries(key);
}

}  // namespace sekimori::login
