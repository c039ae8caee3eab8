// What an administrator changes about how people log in: enrols, revokes, unlocks, looks. Any thread; each call is
// atomic, and what it wrote has reached the disk when it returns. An error means that nothing was changed. Whoever
// calls records it: before an enrolment or an unlocking, after a revocation. Req: R04, R11, R16
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/model/login.h"
#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::ports {

struct Enrolment {
  model::Credential credential;  // not revoked
  model::Secret secret;          // in its authenticator's own form; may be empty
  // What was accepted while enrolling, so that the code that confirmed it opens nothing afterwards.
  std::optional<std::uint64_t> counter = {};
};

// A credential, or what was only ever tried: a password is everyone's and enrolled by nobody.
struct CredentialState {
  model::CredentialKey key;
  std::optional<model::Credential> credential;  // nullopt: never enrolled
  std::uint32_t tries = 0;  // begun since the last that held: at the console or elsewhere, whichever are more
  bool operator==(const CredentialState&) const = default;
};

class LoginEnrolment {
 public:
  static constexpr std::size_t kMostUsers = 20'000;     // with credentials, on one terminal
  static constexpr std::size_t kMostCredentials = 16;   // of a user, not revoked
  static constexpr std::size_t kLongestId = 64;         // bytes; no control characters, not empty
  static constexpr std::size_t kLongestLabel = 128;     // bytes of UTF-8; no control characters
  static constexpr std::size_t kLongestSecret = 4'096;  // bytes

  virtual ~LoginEnrolment() = default;

  // With no try counted. kInvalid: outside the bounds, revoked, or for kNobody. kExists: the user has, or had, one with
  // that id. kFull: as many as there may be.
  [[nodiscard]] virtual Status Enrol(std::uint32_t uid, const Enrolment& enrolment) = 0;
  // For good; its secret is gone. The user stays one who was enrolled. kNotFound; kConflict: it was revoked before.
  [[nodiscard]] virtual Status Revoke(const model::CredentialKey& key) = 0;
  // No try counted, neither at the console nor elsewhere. Ok also for what was never tried.
  [[nodiscard]] virtual Status Unlock(const model::CredentialKey& key) = 0;

  // All of a user's, the revoked ones too, in the order of their enrolment; then what was only tried.
  [[nodiscard]] virtual Result<std::vector<CredentialState>> StatesOf(std::uint32_t uid) const = 0;
  // Users of whom StatesOf tells something, `most` of them from the first above `after` on, in ascending order. kNobody
  // is among them if names were tried that nobody has.
  [[nodiscard]] virtual Result<std::vector<std::uint32_t>> Users(std::optional<std::uint32_t> after,
                                                                 std::size_t most) const = 0;
};

}  // namespace sekimori::ports
