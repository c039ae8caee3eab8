// What logins leave behind: credentials, tries, counters, last logins. Any thread; each call is atomic, and what it
// wrote has reached the disk when it returns. An error means that nobody may be let in by what was asked. kNobody is a
// user like any other; a credential without an id is none, and its tries and counters are kInvalid. Req: R04, R16
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/model/login.h"
#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::ports {

// Behind a credential's id: under this its tries at the console are counted, apart from those of everywhere else. Who
// administers sees and unlocks both as one (login_enrolment.h).
inline constexpr char kTriesAtConsole[] = "@console";

class LoginStore {
 public:
  virtual ~LoginStore() = default;

  // All of a user's enrolled credentials, the revoked ones too: who ever had one is not "not enrolled yet". Empty for
  // kNobody and for users never enrolled.
  [[nodiscard]] virtual Result<std::vector<model::Credential>> Credentials(std::uint32_t uid) const = 0;
  // In its authenticator's own form. kNotFound, also of a revoked one.
  [[nodiscard]] virtual Result<model::Secret> SecretOf(const model::CredentialKey& key) const = 0;

  // Checks of this credential begun since the last that held; 0 for one never tried.
  [[nodiscard]] virtual Result<std::uint32_t> Tries(const model::CredentialKey& key) const = 0;
  // One more; returns the number with this one. Two callers never get the same number. Stops at its highest value.
  [[nodiscard]] virtual Result<std::uint32_t> CountTry(const model::CredentialKey& key) = 0;
  [[nodiscard]] virtual Status ClearTries(const model::CredentialKey& key) = 0;

  // The counter last accepted; nullopt before the first.
  [[nodiscard]] virtual Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey& key) const = 0;
  // kConflict, and nothing is written, unless `counter` is greater than the one kept: of two callers with the same
  // counter one is refused.
  [[nodiscard]] virtual Status AdvanceCounter(const model::CredentialKey& key, std::uint64_t counter) = 0;

  [[nodiscard]] virtual Result<model::LoginHistory> History(std::uint32_t uid) const = 0;
  // What failed before is counted anew from here.
  [[nodiscard]] virtual Status KeepLogin(std::uint32_t uid, const model::LastLogin& login) = 0;
  [[nodiscard]] virtual Status CountFailedLogin(std::uint32_t uid) = 0;
};

}  // namespace sekimori::ports
