#include "agent/authenticators/totp.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "agent/authenticators/totp_seed.h"
#include "agent/model/typed_digits.h"

namespace sekimori::authenticators {
namespace {

using model::Refusal;

// Nobody's: it gives a decoy the same work, and its codes are never right.
constexpr char kDecoySeed[TotpSeed::kShortest] = {};
constexpr char kDecoyCredential[] = "decoy";

// nullopt before 1970.
std::optional<std::uint64_t> StepOf(model::WallTime time, std::uint8_t period) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  if (seconds < 0) return std::nullopt;
  return static_cast<std::uint64_t>(seconds) / period;
}

std::uint64_t Earlier(std::uint64_t step) {
  return step - std::min(step, Totp::kDrift);
}

class TotpProof final : public ports::ProofInProgress {
 public:
  // Without a credential a decoy.
  TotpProof(ports::LoginStore& store, const ports::Clock& clock, const ports::TimeFloor& floor,
            std::optional<model::CredentialKey> key)
      : store_(store), clock_(clock), floor_(floor), key_(std::move(key)) {}

  Result<model::Prompt> Begin() override { return model::Prompt{model::PromptStyle::kAskShown, {"login.ask_totp"}}; }

  Result<ports::ProofStep> Continue(const model::Secret& answer, model::BootTime /*until*/) override {
    Result<TotpSeed> seed = Seed();
    if (!seed.ok()) return seed.error();
    const Result<model::WallTime> newest = floor_.Newest();
    if (!newest.ok()) return newest.error();
    Result<std::optional<std::uint64_t>> last =
        store_.Counter(key_.value_or(model::CredentialKey{model::kNobody, kDecoyCredential}));
    if (!last.ok()) return last.error();
    const std::optional<std::uint64_t> now = StepOf(clock_.Now(), seed.value().period);
    const std::optional<std::uint64_t> floor = StepOf(newest.value(), seed.value().period);
    if (!now || !floor) return ports::ProofStep(Refusal::kClock);
    return Judge(seed.value(), answer, {*now, *floor, last.value()});
  }

 private:
  struct Steps {
    std::uint64_t now, floor;
    std::optional<std::uint64_t> last;  // accepted
  };

  Result<TotpSeed> Seed() const {
    if (!key_) return TotpSeed{TotpAlgorithm::kSha1, 6, 30, model::Secret({kDecoySeed, sizeof kDecoySeed})};
    const Result<model::Secret> stored = store_.SecretOf(*key_);
    if (!stored.ok()) return stored.error();
    return ParseTotpSeed(stored.value().bytes());
  }

  Result<ports::ProofStep> Judge(const TotpSeed& seed, const model::Secret& answer, const Steps& steps) {
    const std::optional<model::Secret> typed = model::TypedDigits(answer.bytes(), seed.digits);
    std::optional<std::uint64_t> right;
    Refusal refusal = Refusal::kWrong;
    // All of them, whichever is right: the time it takes tells nothing.
    for (std::uint64_t step = Earlier(steps.now); step <= steps.now + Totp::kDrift; ++step) {
      const Result<model::Secret> code = TotpCode(seed, step);
      if (!code.ok()) return code.error();
      if (!typed || !model::SameSecret(typed->bytes(), code.value().bytes())) continue;
      if (step < Earlier(steps.floor))
        refusal = Refusal::kClock;  // a code of the past, made right by setting the clock back
      else if (steps.last && step <= *steps.last)
        refusal = Refusal::kReplayed;
      else
        right = step;
    }
    if (!key_ || !right) return ports::ProofStep(refusal);
    return Keep(*right);
  }

  Result<ports::ProofStep> Keep(std::uint64_t step) {
    // Two logins may have come this far with one code; the store lets one of them pass.
    if (const Status kept = store_.AdvanceCounter(*key_, step); !kept.ok()) {
      if (kept.error().code == ErrorCode::kConflict) return ports::ProofStep(Refusal::kReplayed);
      return kept.error();
    }
    return ports::ProofStep(model::Evidence{.method = model::Method::kTotp,
                                            .credential = key_->credential,
                                            .classes = {model::FactorClass::kPossession},
                                            .weak = false,
                                            .counter = step});
  }

  ports::LoginStore& store_;
  const ports::Clock& clock_;
  const ports::TimeFloor& floor_;
  const std::optional<model::CredentialKey> key_;
};

}  // namespace

model::FactorClasses Totp::MayProve(const model::Credential& /*credential*/) const {
  return {model::FactorClass::kPossession};
}

Result<std::unique_ptr<ports::ProofInProgress>> Totp::Start(const model::LoginRequest& request,
                                                            const model::Credential& credential) {
  if (!request.user) return Error{ErrorCode::kInvalid, "TOTP", "the request names no user"};
  const model::CredentialKey key{request.user->uid, credential.id};
  return std::unique_ptr<ports::ProofInProgress>(std::make_unique<TotpProof>(store_, clock_, floor_, key));
}

Result<std::unique_ptr<ports::ProofInProgress>> Totp::StartDecoy(const model::LoginRequest& /*request*/) {
  return std::unique_ptr<ports::ProofInProgress>(std::make_unique<TotpProof>(store_, clock_, floor_, std::nullopt));
}

}  // namespace sekimori::authenticators
