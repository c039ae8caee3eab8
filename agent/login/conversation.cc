#include "agent/login/conversation.h"

#include <algorithm>
#include <utility>

#include "agent/login/wording.h"
#include "agent/model/typed_digits.h"

namespace sekimori::login {
namespace {

using model::LoginReason;
using model::LoginResult;
using model::Refusal;

// What stands for the credential where nothing real is checked. Its tries are counted and synced too, so that it takes
// as long and fails as the real one would.
constexpr char kDecoyCredential[] = "decoy";

// A terminal that root's own program has: login, a display manager. Not the network, not a user's su.
bool AtConsole(const model::LoginRequest& request) {
  return request.by_root && request.remote_host.empty() && !request.tty.empty();
}

bool IsAllowed(const policy::LoginDemand& demand, model::Method method) {
  return demand.methods.empty() || std::ranges::find(demand.methods, method) != demand.methods.end();
}

}  // namespace

Conversation::Conversation(const Desk& desk, policy::LoginPolicy policy, model::LoginRequest request)
    : desk_(desk),
      policy_(std::move(policy)),
      request_(std::move(request)),
      demand_(policy::DecideDemand(policy_, request_)),
      lockout_(desk.store, policy_.tries) {}

Conversation::~Conversation() {
  if (state_ != State::kDone && !ticket_.empty()) desk_.tickets.Withdraw(ticket_);
}

std::uint32_t Conversation::uid() const {
  return request_.user ? request_.user->uid : model::kNobody;
}

// Apart from those of everywhere else: a stranger in the network, or a user's su, would lock anybody out of the
// console, root too.
model::CredentialKey Conversation::TriesKey() const {
  model::CredentialKey key = Key();
  if (AtConsole(request_)) key.credential += ports::kTriesAtConsole;
  return key;
}

ports::Authenticator* Conversation::AuthenticatorOf(model::Method method) const {
  const auto found = std::ranges::find(desk_.authenticators, method, &ports::Authenticator::method);
  return found == desk_.authenticators.end() ? nullptr : *found;
}

// A login that took too long, or whose clock cannot be trusted.
std::optional<Output> Conversation::Late() {
  const model::BootTime now = desk_.clock.SinceBoot();
  if (now < newest_) return Fail(LoginReason::kClockFailed, {ErrorCode::kInternal, "boot clock", "it went back"});
  newest_ = now;
  if (now >= until_) return Refuse(LoginResult::kDenied, LoginReason::kTimeout);
  return std::nullopt;
}

// --- what to ask ----------------------------------------------------------------------------------------------------

Output Conversation::Start() {
  if (state_ != State::kNew) return OutOfOrder();
  newest_ = desk_.clock.SinceBoot();
  until_ = newest_ + kLongest;
  // Asked for nobody too: a store that fails, fails for everyone alike.
  const Result<std::vector<model::Credential>> enrolled = desk_.store.Credentials(uid());
  if (!enrolled.ok()) return Fail(LoginReason::kStoreFailed, enrolled.error());
  if (enrolled.value().empty() && policy_.grace_until)
    if (std::optional<Output> end = LookAtGrace()) return *std::move(end);
  observed_ = enrolled.value().empty() && !grace_ && policy_.mode == model::Mode::kObserve;
  PlanFor(enrolled.value());
  if (uid() == model::kNobody)
    lost_ = LoginReason::kUnknownUser;
  else if (demand_.deny)
    lost_ = LoginReason::kRule;
  else if (!PasswordIsEnough() && !policy::CouldBeEnough(demand_.required, {}, candidates_))
    lost_ = LoginReason::kNotEnrolled;
  if (lost_) {
    std::vector<model::Credential> decoys;
    for (const model::Method method : policy_.usual)
      decoys.push_back({.id = kDecoyCredential, .method = method});
    PlanFor(decoys);
  }
  if (candidates_.empty()) return Fail(lost_.value_or(LoginReason::kNoAuthenticator));
  return GoOn();
}

std::optional<Output> Conversation::LookAtGrace() {
  const Result<model::WallTime> floor = desk_.floor.Newest();
  if (!floor.ok()) return Fail(LoginReason::kClockFailed, floor.error());
  grace_ = policy::InGrace(policy_, std::max(desk_.clock.Now(), floor.value()));
  return std::nullopt;
}

// In the order of the authenticators. The password is everyone's; where it is enough it is all there is.
void Conversation::PlanFor(const std::vector<model::Credential>& credentials) {
  candidates_.clear();
  const bool decoys = lost_.has_value();
  for (ports::Authenticator* const authenticator : desk_.authenticators) {
    const model::Method method = authenticator->method();
    if (PasswordIsEnough() && method != model::Method::kPassword) continue;
    if (!decoys && !PasswordIsEnough() && !IsAllowed(demand_, method)) continue;
    const auto add = [&](const model::Credential& credential) {
      candidates_.push_back({credential, authenticator->MayProve(credential)});
    };
    if (!decoys && method == model::Method::kPassword) {
      add({.id = kPasswordCredential, .method = method});
      continue;
    }
    for (const model::Credential& each : credentials)
      if (each.method == method && !each.revoked) add(each);
  }
}

bool Conversation::Satisfied(const model::FactorClasses& classes) const {
  return PasswordIsEnough() ? policy::IsEnoughInGrace(classes) : policy::IsEnough(demand_.required, classes);
}

Output Conversation::GoOn() {
  if (Satisfied(seen_)) return lost_ ? Refuse(LoginResult::kDenied, *lost_) : Grant();
  // A verifier gave less than was hoped for.
  if (!lost_ && !PasswordIsEnough() && !policy::CouldBeEnough(demand_.required, seen_, candidates_))
    return Refuse(LoginResult::kDenied, LoginReason::kTooFewClasses);
  choices_ = policy::NextToAsk(demand_.required, seen_, candidates_);
  if (choices_.empty()) return Refuse(LoginResult::kDenied, lost_.value_or(LoginReason::kTooFewClasses));
  if (choices_.size() == 1) return Begin(choices_.front());
  std::vector<model::Credential> offered;
  for (const std::size_t each : choices_)
    offered.push_back(candidates_[each].credential);
  return Ask(AskWhich(offered), State::kChoosing);
}

Output Conversation::Choose(const model::Secret& answer) {
  std::size_t chosen = 0;
  if (const std::optional<model::Secret> digits = model::TypedDigits(answer.bytes(), 3))
    for (const char digit : digits->bytes())
      chosen = 10 * chosen + static_cast<std::size_t>(digit - '0');
  // Nothing was checked: asked again, as often as the bound of all prompts lets it.
  if (chosen < 1 || chosen > choices_.size()) return GoOn();
  return Begin(choices_[chosen - 1]);
}

// --- one proof ------------------------------------------------------------------------------------------------------

Output Conversation::Begin(std::size_t candidate) {
  current_ = candidates_[candidate];
  candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(candidate));
  counted_ = false;
  foregone_ = lost_ ? std::optional(Refusal::kNotChecked) : std::nullopt;
  if (!lost_) {
    const Result<bool> locked = lockout_.IsLocked(TriesKey());
    if (!locked.ok()) return Fail(LoginReason::kStoreFailed, locked.error());
    if (locked.value()) {
      lost_ = LoginReason::kLockedOut;
      foregone_ = Refusal::kLockedOut;
      tell_lockout_ = !evidence_.empty();
    }
  }
  ports::Authenticator* const authenticator = AuthenticatorOf(current_.credential.method);
  Result<std::unique_ptr<ports::ProofInProgress>> begun =
      foregone_ ? authenticator->StartDecoy(request_) : authenticator->Start(request_, current_.credential);
  if (!begun.ok()) return Fail(LoginReason::kAuthenticatorFailed, begun.error());
  proof_ = std::move(begun).value();
  if (!proof_) return Fail(LoginReason::kAuthenticatorFailed);
  Result<model::Prompt> prompt = proof_->Begin();
  if (!prompt.ok()) return Fail(LoginReason::kAuthenticatorFailed, prompt.error());
  if (std::optional<Output> end = Late()) return *std::move(end);
  const bool asks = model::Asks(prompt.value());
  return Ask(std::move(prompt).value(), asks ? State::kAsking : State::kTelling);
}

Output Conversation::Continue(const model::Secret& answer) {
  if (!counted_) {
    counted_ = true;
    if (foregone_) {
      const Result<std::uint32_t> counted = desk_.store.CountTry({model::kNobody, kDecoyCredential});
      if (!counted.ok()) return Fail(LoginReason::kStoreFailed, counted.error());
    } else if (const Status counted = lockout_.BeforeCheck(TriesKey()); !counted.ok()) {
      // Another login took the last try since this one asked.
      if (counted.error().code != ErrorCode::kDenied) return Fail(LoginReason::kStoreFailed, counted.error());
      tell_lockout_ = !evidence_.empty();
      return Lost(LoginReason::kLockedOut, Refusal::kLockedOut);
    }
  }
  Result<ports::ProofStep> step = proof_->Continue(answer, until_);
  if (std::optional<Output> end = Late()) return *std::move(end);
  if (!step.ok()) {
    proofs_.push_back({Key(), current_.credential.method, std::nullopt, std::nullopt});
    return Fail(LoginReason::kAuthenticatorFailed, step.error());
  }
  return Take(std::move(step).value());
}

Output Conversation::Take(ports::ProofStep step) {
  if (auto* const prompt = std::get_if<model::Prompt>(&step)) {
    const bool asks = model::Asks(*prompt);
    return Ask(std::move(*prompt), asks ? State::kAsking : State::kTelling);
  }
  // What was asked for show is refused whatever it says.
  if (foregone_) return Lost(*lost_, *foregone_);
  if (const auto* const refusal = std::get_if<Refusal>(&step)) return Lost(LoginReason::kProofRefused, *refusal);
  return Accept(std::get<model::Evidence>(std::move(step)));
}

Output Conversation::Accept(model::Evidence evidence) {
  if (evidence.method != current_.credential.method || evidence.credential != current_.credential.id)
    return Fail(LoginReason::kAuthenticatorFailed,
                {ErrorCode::kInternal, "authenticator", "it proved something else than it was asked for"});
  if (const Status cleared = lockout_.Held(TriesKey()); !cleared.ok())
    return Fail(LoginReason::kStoreFailed, cleared.error());
  proofs_.push_back({Key(), evidence.method, evidence, std::nullopt});
  evidence_.push_back(std::move(evidence));
  seen_ = policy::ProvenClasses(policy_, evidence_);
  proof_.reset();
  return GoOn();
}

Output Conversation::Lost(LoginReason reason, Refusal refusal) {
  lost_ = reason;
  proofs_.push_back({Key(), current_.credential.method, std::nullopt, refusal});
  // A proof that holds has its tries cleared, on disk: without a write in its place the time tells which one held.
  if (const Result<std::uint32_t> counted = desk_.store.CountTry({model::kNobody, kDecoyCredential}); !counted.ok())
    return Fail(LoginReason::kStoreFailed, counted.error());
  seen_.insert(current_.may_prove.begin(), current_.may_prove.end());
  proof_.reset();
  return GoOn();
}

// --- events ---------------------------------------------------------------------------------------------------------

Output Conversation::Ask(model::Prompt prompt, State state) {
  if (++prompts_ > kMostPrompts)
    return Fail(LoginReason::kAuthenticatorFailed, {ErrorCode::kTooLarge, "login", "prompts without end"});
  state_ = state;
  return Say{std::move(prompt)};
}

Output Conversation::Answered(model::Secret answer) {
  if (state_ != State::kChoosing && state_ != State::kAsking) return OutOfOrder();
  if (std::optional<Output> end = Late()) return *std::move(end);
  if (state_ == State::kChoosing) return Choose(answer);
  answered_ = true;
  return Continue(answer);
}

Output Conversation::Shown() {
  if (state_ != State::kTelling) return OutOfOrder();
  if (std::optional<Output> end = Late()) return *std::move(end);
  return Continue({});
}

Output Conversation::Recorded(const Status& recorded) {
  if (state_ != State::kRecording) return OutOfOrder();
  if (!recorded.ok()) return Fail(LoginReason::kNotRecorded, recorded.error());
  state_ = State::kDone;
  return Finish{{LoginResult::kGranted, std::move(welcome_), ticket_}, std::nullopt};
}

Output Conversation::Cancelled() {
  if (state_ == State::kDone) return OutOfOrder();
  return Refuse(LoginResult::kDenied, LoginReason::kCancelled);
}

Output Conversation::TimeOver() {
  if (state_ == State::kDone) return OutOfOrder();
  return Refuse(LoginResult::kDenied, LoginReason::kTimeout);
}

// --- verdicts -------------------------------------------------------------------------------------------------------

Output Conversation::Grant() {
  // Asked once more of the evidence alone, whatever led here.
  if (lost_ || uid() == model::kNobody || !Satisfied(policy::ProvenClasses(policy_, evidence_))) return OutOfOrder();
  const LoginReason reason = grace_ ? LoginReason::kGrace : observed_ ? LoginReason::kObserved : LoginReason::kProven;
  model::Receipt receipt = Written(LoginResult::kGranted, reason);
  // All that can fail comes before the record, so that the log does not speak of logins that were none.
  const Result<model::LoginHistory> history = desk_.store.History(uid());
  if (!history.ok()) return Fail(LoginReason::kStoreFailed, history.error());
  Result<std::string> ticket = desk_.tickets.Issue(receipt);
  if (!ticket.ok()) return Fail(LoginReason::kNoTicket, ticket.error());
  ticket_ = std::move(ticket).value();
  const model::LastLogin now{desk_.clock.Now(), request_.service, request_.tty, request_.remote_host};
  if (const Status kept = desk_.store.KeepLogin(uid(), now); !kept.ok())
    return Fail(LoginReason::kStoreFailed, kept.error());
  if (std::optional<Output> end = Late()) return *std::move(end);
  welcome_ = WelcomeWords(history.value(), receipt.grace_until);
  state_ = State::kRecording;
  return Record{std::move(receipt)};
}

Output Conversation::Refuse(LoginResult result, LoginReason reason, const Error& why) {
  if (!ticket_.empty()) desk_.tickets.Withdraw(ticket_);
  ticket_.clear();
  if (result == LoginResult::kDenied && reason == LoginReason::kLockedOut && tell_lockout_)
    result = LoginResult::kTooManyTries;
  model::Receipt receipt = Written(result, reason);
  if (!ToString(why).empty()) receipt.detail = ToString(why);
  proof_.reset();
  state_ = State::kDone;
  // Refused anyway: whether this could be counted changes nothing.
  if (answered_)
    if (const Status counted = desk_.store.CountFailedLogin(uid()); !counted.ok() && receipt.detail.empty())
      receipt.detail = ToString(counted.error());
  return Finish{{result, RefusalWords(result), {}}, std::move(receipt)};
}

Output Conversation::Fail(LoginReason reason, const Error& why) {
  return Refuse(LoginResult::kUnavailable, reason, why);
}

Output Conversation::OutOfOrder() {
  if (state_ != State::kDone) return Fail(LoginReason::kOutOfOrder);
  if (!ticket_.empty()) desk_.tickets.Withdraw(ticket_);
  ticket_.clear();
  return Finish{{LoginResult::kUnavailable, RefusalWords(LoginResult::kUnavailable), {}}, std::nullopt};
}

model::Receipt Conversation::Written(LoginResult result, LoginReason reason) const {
  model::Receipt receipt{.request = request_, .result = result, .reason = reason};
  if (uid() == model::kNobody) receipt.request.typed_name.clear();
  receipt.classes = policy::ProvenClasses(policy_, evidence_);
  receipt.proofs = proofs_;
  receipt.rule = demand_.rule;
  receipt.policy_name = policy_.name;
  receipt.policy_version = policy_.version;
  if (reason == LoginReason::kGrace) receipt.grace_until = policy_.grace_until;
  return receipt;
}

}  // namespace sekimori::login
