// What a method of proving who one is can do, step by step. One proof belongs to one login and is called by one thread
// at a time; an authenticator is shared by all. Req: R04
#pragma once

#include <chrono>
#include <memory>
#include <variant>

#include "agent/model/login.h"
#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::ports {

// A prompt (one that asks is followed by an answer, one that tells by nothing), a proof that held, or why it did not.
using ProofStep = std::variant<model::Prompt, model::Evidence, model::Refusal>;

class ProofInProgress {
 public:
  virtual ~ProofInProgress() = default;
  // The first prompt. Checks nothing and spends nothing: the try is counted after it.
  [[nodiscard]] virtual Result<model::Prompt> Begin() = 0;
  // After a prompt was answered, or shown (`answer` is then empty). May take until the boot clock reads `until`, while
  // a person looks for a key. What it accepts it has kept, durably, before it says so: a counter, a used code.
  // Errors: kUnavailable (reader, token or service is not there), kTimeout, kIo, kCorrupt; all of them end the login.
  [[nodiscard]] virtual Result<ProofStep> Continue(const model::Secret& answer, model::BootTime until) = 0;
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  [[nodiscard]] virtual model::Method method() const = 0;
  // What a proof with this credential may come to at best: good for choosing what to ask, never for granting.
  [[nodiscard]] virtual model::FactorClasses MayProve(const model::Credential& credential) const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<ProofInProgress>> Start(const model::LoginRequest& request,
                                                                       const model::Credential& credential) = 0;
  // Asks the same and takes as long, checks nothing against anything real, and always refuses.
  [[nodiscard]] virtual Result<std::unique_ptr<ProofInProgress>> StartDecoy(const model::LoginRequest& request) = 0;
};

}  // namespace sekimori::ports
