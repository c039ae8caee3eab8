// In place of a login store that cannot be opened: it knows nothing, takes nothing, and says why, so that the agent
// runs and lets nobody in. Any thread. Req: R04
#pragma once

#include <utility>

#include "agent/ports/login_enrolment.h"
#include "agent/ports/login_store.h"
#include "agent/ports/time_floor.h"

namespace sekimori::agent {

class ClosedLoginStore final : public ports::LoginStore, public ports::LoginEnrolment, public ports::TimeFloor {
 public:
  explicit ClosedLoginStore(Error why) : why_(std::move(why)) {}

  [[nodiscard]] Result<std::vector<model::Credential>> Credentials(std::uint32_t) const override { return why_; }
  [[nodiscard]] Result<model::Secret> SecretOf(const model::CredentialKey&) const override { return why_; }
  [[nodiscard]] Result<std::uint32_t> Tries(const model::CredentialKey&) const override { return why_; }
  [[nodiscard]] Result<std::uint32_t> CountTry(const model::CredentialKey&) override { return why_; }
  [[nodiscard]] Status ClearTries(const model::CredentialKey&) override { return why_; }
  [[nodiscard]] Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey&) const override {
    return why_;
  }
  [[nodiscard]] Status AdvanceCounter(const model::CredentialKey&, std::uint64_t) override { return why_; }
  [[nodiscard]] Result<model::LoginHistory> History(std::uint32_t) const override { return why_; }
  [[nodiscard]] Status KeepLogin(std::uint32_t, const model::LastLogin&) override { return why_; }
  [[nodiscard]] Status CountFailedLogin(std::uint32_t) override { return why_; }

  [[nodiscard]] Status Enrol(std::uint32_t, const ports::Enrolment&) override { return why_; }
  [[nodiscard]] Status Revoke(const model::CredentialKey&) override { return why_; }
  [[nodiscard]] Status Unlock(const model::CredentialKey&) override { return why_; }
  [[nodiscard]] Result<std::vector<ports::CredentialState>> StatesOf(std::uint32_t) const override { return why_; }
  [[nodiscard]] Result<std::vector<std::uint32_t>> Users(std::optional<std::uint32_t>, std::size_t) const override {
    return why_;
  }

  [[nodiscard]] Result<model::WallTime> Newest() const override { return why_; }

 private:
  const Error why_;
};

}  // namespace sekimori::agent
