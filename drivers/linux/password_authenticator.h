// The user's password: knowledge. A program of its own (drivers/linux/password) asks PAM; it is given user and password
// on a pipe and a time to end in. Whether it was wrong, or nobody has that name, takes equally long. Any thread. Req:
// R04
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <semaphore>
#include <string>
#include <vector>

#include "agent/ports/authenticator.h"
#include "agent/ports/clock.h"

namespace sekimori::drivers {

struct PasswordProgram {
  std::filesystem::path file = "/usr/libexec/sekimori/sekimori-password";
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"};
  std::chrono::milliseconds patience{10'000};      // then it is killed
  std::chrono::milliseconds refusal_after{1'000};  // since it was asked: above what any hash takes
  std::ptrdiff_t at_once = 8;                      // a hash may take 16 MiB and more; others wait their turn
};

class PasswordAuthenticator final : public ports::Authenticator {
 public:
  // The clock outlives it.
  PasswordAuthenticator(PasswordProgram program, const ports::Clock& clock);

  [[nodiscard]] model::Method method() const override { return model::Method::kPassword; }
  [[nodiscard]] model::FactorClasses MayProve(const model::Credential& credential) const override;
  // kInvalid: the request names no user.
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> Start(const model::LoginRequest& request,
                                                                      const model::Credential& credential) override;
  // Asks about a name that nobody can have.
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> StartDecoy(const model::LoginRequest& request) override;

 private:
  friend class PasswordProof;
  // Whether it is right. kTimeout, kUnavailable, kIo: nobody knows.
  [[nodiscard]] Result<bool> Check(const std::string& user, const model::Secret& password, model::BootTime until);

  const PasswordProgram program_;
  const ports::Clock& clock_;
  std::counting_semaphore<> places_;
};

}  // namespace sekimori::drivers
