// A way of proving who one is that behaves as the test says, well or badly. The right answer is "right". One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/authenticator.h"

namespace sekimori::fakes {

class FakeAuthenticator final : public ports::Authenticator {
 public:
  enum class Does {
    kSound,    // holds for the right answer, otherwise refuses
    kRefuses,  // whatever is said
    kStartFails,
    kStartsNothing,  // no error and no proof
    kBeginFails,
    kContinueFails,
    kAsksWithoutEnd,
    kProvesNothing,  // evidence without a class
    kProvesWeakly,
    kProvesAnotherCredential,
    kProvesAnotherMethod,
  };
  // Of the real proofs that held, in the order in which they did: what a test compares grants with.
  struct Held {
    model::Evidence evidence;
    std::uint32_t uid;
  };

  FakeAuthenticator(model::Method method, model::FactorClasses classes)
      : method_(method), classes_(classes), may_(std::move(classes)) {}

  // --- The test's side.
  void Do(Does what) { does_ = what; }
  void Give(model::FactorClasses classes) { classes_ = std::move(classes); }  // less, or other, than it may
  void TellFirst(bool tell) { tell_ = tell; }
  void DecoysHold(bool hold) { decoys_hold_ = hold; }  // a defect the conversation must stand
  void WhileChecking(std::function<void()> act) { while_checking_ = std::move(act); }
  void KeepJournal(std::vector<std::string>* journal) { journal_ = journal; }
  [[nodiscard]] const std::vector<Held>& held() const { return held_; }
  [[nodiscard]] int checks() const { return checks_; }
  [[nodiscard]] int decoys() const { return decoys_; }

  // --- The agent's side.
  [[nodiscard]] model::Method method() const override { return method_; }
  [[nodiscard]] model::FactorClasses MayProve(const model::Credential&) const override { return may_; }
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> Start(const model::LoginRequest& request,
                                                                      const model::Credential& credential) override {
    return Made(request, credential, false);
  }
  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> StartDecoy(
      const model::LoginRequest& request) override {
    return Made(request, {.id = "decoy", .method = method_}, true);
  }

 private:
  class InProgress final : public ports::ProofInProgress {
   public:
    InProgress(FakeAuthenticator& owner, std::uint32_t uid, model::Credential credential, bool decoy)
        : owner_(owner), uid_(uid), credential_(std::move(credential)), decoy_(decoy) {}
    [[nodiscard]] Result<model::Prompt> Begin() override {
      if (owner_.does_ == Does::kBeginFails) return owner_.Broken();
      return model::Prompt{owner_.tell_ ? model::PromptStyle::kTell : model::PromptStyle::kAskHidden, {owner_.Key()}};
    }
    [[nodiscard]] Result<ports::ProofStep> Continue(const model::Secret& answer, model::BootTime) override {
      return owner_.Check(*this, answer);
    }
    FakeAuthenticator& owner_;
    const std::uint32_t uid_;
    const model::Credential credential_;
    const bool decoy_;
  };

  [[nodiscard]] std::string Key() const { return "ask " + std::to_string(static_cast<int>(method_)); }
  [[nodiscard]] Error Broken() const { return {ErrorCode::kUnavailable, Key(), "the device is gone"}; }

  [[nodiscard]] Result<std::unique_ptr<ports::ProofInProgress>> Made(const model::LoginRequest& request,
                                                                     const model::Credential& credential, bool decoy) {
    if (does_ == Does::kStartFails) return Broken();
    std::unique_ptr<ports::ProofInProgress> made;
    if (does_ != Does::kStartsNothing)
      made = std::make_unique<InProgress>(*this, request.user ? request.user->uid : model::kNobody, credential, decoy);
    return made;
  }

  [[nodiscard]] Result<ports::ProofStep> Check(const InProgress& proof, const model::Secret& answer) {
    ++(proof.decoy_ ? decoys_ : checks_);
    if (journal_) journal_->push_back((proof.decoy_ ? "decoy " : "check ") + proof.credential_.id);
    if (while_checking_) while_checking_();
    if (does_ == Does::kContinueFails) return Broken();
    if (does_ == Does::kAsksWithoutEnd)
      return ports::ProofStep(model::Prompt{model::PromptStyle::kAskHidden, {"again"}});
    const bool right = (tell_ || answer.bytes() == "right") && does_ != Does::kRefuses;
    if (proof.decoy_ ? !decoys_hold_ : !right) return ports::ProofStep(model::Refusal::kWrong);
    model::Evidence evidence{method_, proof.credential_.id, classes_, false, std::nullopt};
    if (does_ == Does::kProvesNothing) evidence.classes.clear();
    if (does_ == Does::kProvesWeakly) evidence.weak = true;
    if (does_ == Does::kProvesAnotherCredential) evidence.credential = "another";
    if (does_ == Does::kProvesAnotherMethod)
      evidence.method = method_ == model::Method::kCard ? model::Method::kFido2 : model::Method::kCard;
    if (!proof.decoy_) held_.push_back({evidence, proof.uid_});
    return ports::ProofStep(evidence);
  }

  const model::Method method_;
  model::FactorClasses classes_;
  const model::FactorClasses may_;
  Does does_ = Does::kSound;
  bool tell_ = false;
  bool decoys_hold_ = false;
  std::function<void()> while_checking_;
  std::vector<std::string>* journal_ = nullptr;
  std::vector<Held> held_;
  int checks_ = 0;
  int decoys_ = 0;
};

}  // namespace sekimori::fakes
