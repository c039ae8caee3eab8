// One login from its first word to the verdict: events in, what to do next out. Knows no socket and no thread; the
// caller gives it one event at a time and does what it says. Req: R04, R05, R16
// Granted is only what two verifiers' evidence of different classes (or, of a user never enrolled, the policy's dated
// grace or its observing) amounts to, after it was recorded. Whoever cannot be let in any more (unknown, not enrolled,
// a wrong proof) is asked on in the same way and refused at the end, so that the answers do not tell which proof was
// wrong.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "agent/login/lockout.h"
#include "agent/login/tickets.h"
#include "agent/model/login.h"
#include "agent/policy/login_decide.h"
#include "agent/ports/authenticator.h"
#include "agent/ports/clock.h"
#include "agent/ports/login_store.h"
#include "agent/ports/time_floor.h"

namespace sekimori::login {

// The credential that every user has without being enrolled.
inline constexpr char kPasswordCredential[] = "password";

// All of it outlives the conversation.
struct Desk {
  std::span<ports::Authenticator* const> authenticators;  // in the order in which they are offered
  ports::LoginStore& store;
  const ports::Clock& clock;
  const ports::TimeFloor& floor;
  TicketRegistry& tickets;
};

// Show it. If it asks, Answered comes next, otherwise Shown.
struct Say {
  model::Prompt prompt;
};
// Write it down durably; Recorded comes next.
struct Record {
  model::Receipt receipt;
};
// Send the verdict, then write the receipt down, if there is one.
struct Finish {
  model::LoginVerdict verdict;
  std::optional<model::Receipt> receipt;
};
using Output = std::variant<Say, Record, Finish>;

class Conversation {
 public:
  static constexpr std::chrono::microseconds kLongest = std::chrono::minutes{5};  // in all
  static constexpr int kMostPrompts = 32;

  Conversation(const Desk& desk, policy::LoginPolicy policy, model::LoginRequest request);
  // A ticket that nobody was given is withdrawn.
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Each may come at any time; one that cannot follow what was said last ends the login, refused. After Finish every
  // event withdraws the ticket and is answered with a refusal.
  [[nodiscard]] Output Start();
  [[nodiscard]] Output Answered(model::Secret answer);
  [[nodiscard]] Output Shown();
  [[nodiscard]] Output Recorded(const Status& recorded);
  // The person gave up, or the connection is gone: also when a verdict could not be delivered.
  [[nodiscard]] Output Cancelled();
  // The caller's timer: kLongest is over. Asked too early, it ends the login all the same.
  [[nodiscard]] Output TimeOver();

 private:
  enum class State { kNew, kChoosing, kAsking, kTelling, kRecording, kDone };

  [[nodiscard]] std::uint32_t uid() const;
  [[nodiscard]] model::CredentialKey Key() const { return {uid(), current_.credential.id}; }
  // Under which its tries are counted.
  [[nodiscard]] model::CredentialKey TriesKey() const;
  [[nodiscard]] ports::Authenticator* AuthenticatorOf(model::Method method) const;
  [[nodiscard]] std::optional<Output> Late();

  [[nodiscard]] std::optional<Output> LookAtGrace();
  void PlanFor(const std::vector<model::Credential>& credentials);
  [[nodiscard]] bool PasswordIsEnough() const { return grace_ || observed_; }
  [[nodiscard]] bool Satisfied(const model::FactorClasses& classes) const;
  [[nodiscard]] Output GoOn();
  [[nodiscard]] Output Choose(const model::Secret& answer);
  [[nodiscard]] Output Begin(std::size_t candidate);
  [[nodiscard]] Output Continue(const model::Secret& answer);
  [[nodiscard]] Output Take(ports::ProofStep step);
  [[nodiscard]] Output Accept(model::Evidence evidence);
  [[nodiscard]] Output Lost(model::LoginReason reason, model::Refusal refusal);
  [[nodiscard]] Output Ask(model::Prompt prompt, State state);
  [[nodiscard]] Output Grant();
  [[nodiscard]] Output Refuse(model::LoginResult result, model::LoginReason reason, const Error& why = {});
  [[nodiscard]] Output Fail(model::LoginReason reason, const Error& why = {});
  [[nodiscard]] Output OutOfOrder();
  [[nodiscard]] model::Receipt Written(model::LoginResult result, model::LoginReason reason) const;

  const Desk desk_;
  const policy::LoginPolicy policy_;
  const model::LoginRequest request_;
  const policy::LoginDemand demand_;
  Lockout lockout_;

  State state_ = State::kNew;
  model::BootTime newest_{};  // the boot clock when last looked at
  model::BootTime until_{};
  int prompts_ = 0;
  bool answered_ = false;  // something at all
  bool grace_ = false;     // never enrolled, and that is still allowed
  bool observed_ = false;  // never enrolled, and the policy only observes

  std::vector<policy::Candidate> candidates_;  // not asked yet
  std::vector<std::size_t> choices_;           // of them, offered now
  policy::Candidate current_;
  std::unique_ptr<ports::ProofInProgress> proof_;
  bool counted_ = false;                    // the try of this proof
  std::optional<model::Refusal> foregone_;  // this proof is asked for show, and why

  std::vector<model::Proof> proofs_;
  std::vector<model::Evidence> evidence_;   // the one ground for granting
  model::FactorClasses seen_;               // what to ask next depends on this; once lost, as if proven
  std::optional<model::LoginReason> lost_;  // it will be refused; the rest is asked for show
  bool tell_lockout_ = false;               // the person proved something before the lock was met
  std::vector<model::Words> welcome_;
  std::string ticket_;
};

}  // namespace sekimori::login
