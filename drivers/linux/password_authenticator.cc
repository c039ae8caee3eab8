#include "drivers/linux/password_authenticator.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "drivers/linux/password/answer.h"
#include "drivers/linux/password_program.h"

namespace sekimori::drivers {
namespace {

using Clock = std::chrono::steady_clock;

// No name can have a colon: passwd(5).
constexpr char kNobodysName[] = "sekimori:nobody";

// Name and password as the program reads them.
std::optional<model::Secret> Question(std::string_view user, std::string_view password) {
  const bool fit = !user.empty() && user.size() <= kPasswordUserMax && password.size() <= kPasswordTextMax &&
                   user.find('\0') == std::string_view::npos && password.find('\0') == std::string_view::npos;
  if (!fit) return std::nullopt;
  std::string text;
  text.reserve(user.size() + password.size() + 2);  // never grows: what it leaves behind when freed is wiped below
  text.append(user).push_back('\0');
  text.append(password).push_back('\0');
  model::Secret question(text);
  model::WipeBytes(text.data(), text.size());
  return question;
}

}  // namespace

// Friend of the authenticator.
class PasswordProof final : public ports::ProofInProgress {
 public:
  // Without a credential a decoy.
  PasswordProof(PasswordAuthenticator& owner, std::string user, std::optional<std::string> credential)
      : owner_(owner), user_(std::move(user)), credential_(std::move(credential)) {}

  Result<model::Prompt> Begin() override {
    return model::Prompt{model::PromptStyle::kAskHidden, {"login.ask_password"}};
  }

  Result<ports::ProofStep> Continue(const model::Secret& answer, model::BootTime until) override {
    // An empty password is none, whatever PAM says of it.
    const bool real = credential_ && !answer.empty();
    const Result<bool> right = owner_.Check(real ? user_ : kNobodysName, answer, until);
    if (!right.ok()) return right.error();
    if (!real || !right.value()) return ports::ProofStep(model::Refusal::kWrong);
    return ports::ProofStep(model::Evidence{.method = model::Method::kPassword,
                                            .credential = *credential_,
                                            .classes = {model::FactorClass::kKnowledge},
                                            .weak = false,
                                            .counter = std::nullopt});
  }

 private:
  PasswordAuthenticator& owner_;
  const std::string user_;
  const std::optional<std::string> credential_;
};

PasswordAuthenticator::PasswordAuthenticator(PasswordProgram program, const ports::Clock& clock)
    : program_(std::move(program)), clock_(clock), places_(program_.at_once) {}

model::FactorClasses PasswordAuthenticator::MayProve(const model::Credential& /*credential*/) const {
  return {model::FactorClass::kKnowledge};
}

Result<std::unique_ptr<ports::ProofInProgress>> PasswordAuthenticator::Start(const model::LoginRequest& request,
                                                                             const model::Credential& credential) {
  if (!request.user) return Error{ErrorCode::kInvalid, "password", "the request names no user"};
  return std::unique_ptr<ports::ProofInProgress>(
      std::make_unique<PasswordProof>(*this, request.user->name, credential.id));
}

Result<std::unique_ptr<ports::ProofInProgress>> PasswordAuthenticator::StartDecoy(
    const model::LoginRequest& /*request*/) {
  return std::unique_ptr<ports::ProofInProgress>(std::make_unique<PasswordProof>(*this, kNobodysName, std::nullopt));
}

Result<bool> PasswordAuthenticator::Check(const std::string& user, const model::Secret& password,
                                          model::BootTime until) {
  const Clock::time_point asked = Clock::now();
  const auto left = std::chrono::floor<std::chrono::milliseconds>(until - clock_.SinceBoot());
  const Clock::time_point latest = asked + std::min(program_.patience, left);
  std::optional<model::Secret> question = Question(user, password.bytes());
  // Nobody has such a name or password: as if it had been asked.
  if (!question) question = Question(kNobodysName, {});
  if (!places_.try_acquire_until(latest))
    return Error{ErrorCode::kUnavailable, "password", "too many are being checked"};
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(latest - Clock::now());
  Result<int> status = Error{ErrorCode::kTimeout, "password", "the login is over"};
  if (rest.count() > 0) status = RunWithSecret(program_.file, program_.environment, *question, rest);
  places_.release();
  if (!status.ok()) return status.error();
  if (status.value() == kPasswordRight) return true;
  if (status.value() != kPasswordWrong)
    return Error{ErrorCode::kUnavailable, "password", "PAM could not check it (service sekimori-password)"};
  std::this_thread::sleep_until(std::min(asked + program_.refusal_after, latest));
  return false;
}

}  // namespace sekimori::drivers
