// One-time codes by time (RFC 6238): possession. The step of each accepted code is kept, on disk, before it is said to
// be right, so that no code and no older one is right again, after a restart neither. Any thread. Req: R04, R17
#pragma once

#include "agent/ports/authenticator.h"
#include "agent/ports/clock.h"
#include "agent/ports/login_store.h"
#include "agent/ports/time_floor.h"

namespace sekimori::authenticators {

class Totp final : public ports::Authenticator {
 public:
  // Steps before and after the terminal's own that are taken too: a clock that is off, a person who types slowly.
  static constexpr std::uint64_t kDrift = 1;

  // All three outlive it.
  Totp(ports::LoginStore& store, const ports::Clock& clock, const ports::TimeFloor& floor)
      : store_(store), clock_(clock), floor_(floor) {}

  [[nodiscard]] model::Method method() const override { return model::Method::kTotp; }
  [[nodiscard]] model::FactorClasses MayProve(const model::Credential& credential) const override;
  // kInvalid: the request names no user.
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> Start(const model::LoginRequest& request,
                                                                      const model::Credential& credential) override;
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> StartDecoy(const model::LoginRequest& request) override;

 private:
  ports::LoginStore& store_;
  const ports::Clock& clock_;
  const ports::TimeFloor& floor_;
};

}  // namespace sekimori::authenticators
