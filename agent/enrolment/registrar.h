// The registrar: enrols, lists, revokes and unlocks what people prove with who they are. Recorded before it counts;
// what takes something away is done first. One thread, which the name service, the log and the disk may hold up. Req:
// R04, R05, R11, R16
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/enrolment/pending.h"
#include "agent/ports/authenticator_orders.h"
#include "agent/ports/clock.h"
#include "agent/ports/login_enrolment.h"
#include "agent/ports/random.h"
#include "agent/ports/users.h"

namespace sekimori::enrolment {

// All that is referred to outlives the registrar.
struct Outside {
  ports::LoginEnrolment& store;
  const ports::Users& users;
  ports::Random& random;
  const ports::Clock& clock;
  // Ok: it is on disk. An error: an enrolment or an unlocking is not, and never will be; a revocation may yet be.
  std::function<Status(model::AuthenticatorChanged)> record;
  // How many tries in a row may fail, by the policy in force now.
  std::function<std::uint32_t()> tries;
  std::string host;  // this terminal's name, for the app on the phone
};

class Registrar {
 public:
  static constexpr std::size_t kLongestIssuer = 32;  // bytes
  static constexpr std::size_t kUsersAtOnce = 32;    // of a list; what they have fits one answer

  explicit Registrar(Outside outside) : outside_(std::move(outside)) {}

  [[nodiscard]] ports::AuthenticatorAnswer Answer(const ports::AuthenticatorOrder& order, const ports::Asker& asker);
  // Wipes what waited too long. Due: when that is wanted next.
  void Sweep() { pending_.Sweep(outside_.clock.SinceBoot()); }
  [[nodiscard]] std::optional<model::BootTime> Due() const { return pending_.Due(); }

 private:
  using States = std::vector<ports::CredentialState>;

  [[nodiscard]] ports::AuthenticatorAnswer Begin(const ports::OrderTotp& order, const ports::Asker& asker);
  [[nodiscard]] ports::AuthenticatorAnswer Confirm(const ports::OrderConfirmation& order);
  [[nodiscard]] ports::AuthenticatorAnswer Keep(const Pending& pending, std::uint64_t step);
  [[nodiscard]] ports::AuthenticatorAnswer List(const ports::AskAuthenticators& question) const;
  [[nodiscard]] ports::AuthenticatorAnswer Revoke(const ports::OrderRevocation& order, const ports::Asker& asker);
  [[nodiscard]] ports::AuthenticatorAnswer Unlock(const ports::OrderUnlocking& order, const ports::Asker& asker);

  // Who has that name; without one, who has that number.
  [[nodiscard]] Result<model::Account> Find(const std::string& name) const;
  [[nodiscard]] Result<model::Account> FindByName(const std::string& name) const;
  [[nodiscard]] Status CheckRoom(const model::Account& user, const std::string& id) const;
  [[nodiscard]] Result<authenticators::TotpSeed> NewSeed();
  // So many bytes of chance in hexadecimal.
  [[nodiscard]] Result<std::string> NewId(std::size_t bytes);

  const Outside outside_;
  PendingEnrolments pending_;
};

}  // namespace sekimori::enrolment
