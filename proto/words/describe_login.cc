#include "proto/words/describe_login.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "proto/words/describe.h"
#include "proto/words/time_text.h"

namespace sekimori::words {
namespace {

// The text under the number of a word; a number this version does not know is "unknown". (Tables instead of switches:
// protobuf's enumerations carry values of their own that no switch can name.)
template <std::size_t kCount>
const char* KeyOf(const char* const (&keys)[kCount], int number) {
  return number > 0 && static_cast<std::size_t>(number) < kCount ? keys[number] : keys[0];
}
template <std::size_t kCount>
std::string Numbered(Language language, const char* const (&keys)[kCount], int number) {
  return Say(language, KeyOf(keys, number));
}

constexpr const char* kFactors[] = {"factor.unknown", "factor.knowledge", "factor.possession", "factor.inherence"};
static_assert(std::size(kFactors) == proto::FactorClass_ARRAYSIZE);

constexpr const char* kMethods[] = {"method.unknown", "method.password",    "method.totp",          "method.fido2",
                                    "method.card",    "method.fingerprint", "method.emergency_code"};
static_assert(std::size(kMethods) == proto::LoginMethod_ARRAYSIZE);

constexpr const char* kRefusals[] = {"proof.failed",  "proof.wrong",      "proof.replayed",
                                     "proof.clock",   "proof.counter",    "proof.last_try",
                                     "proof.timeout", "proof.locked_out", "proof.not_checked"};
static_assert(std::size(kRefusals) == proto::ProofRefusal_ARRAYSIZE);

constexpr const char* kReasons[] = {"login_reason.unknown",
                                    "login_reason.proven",
                                    "login_reason.grace",
                                    "login_reason.observed",
                                    "login_reason.unknown_user",
                                    "login_reason.not_enrolled",
                                    "login_reason.rule",
                                    "login_reason.proof_refused",
                                    "login_reason.locked_out",
                                    "login_reason.too_few_classes",
                                    "login_reason.cancelled",
                                    "login_reason.timeout",
                                    "login_reason.no_authenticator",
                                    "login_reason.authenticator_failed",
                                    "login_reason.store_failed",
                                    "login_reason.clock_failed",
                                    "login_reason.no_ticket",
                                    "login_reason.not_recorded",
                                    "login_reason.out_of_order"};
static_assert(std::size(kReasons) == proto::LoginReason_ARRAYSIZE);

constexpr const char* kChanges[] = {"event.authenticator_changed", "event.authenticator_enrolled",
                                    "event.authenticator_revoked", "event.authenticator_unlocked"};
static_assert(std::size(kChanges) == proto::AuthenticatorChange_ARRAYSIZE);

std::string Joined(Language language, const std::string& first, const std::string& second) {
  if (first.empty() || second.empty()) return first + second;
  return Say(language, "login_place.both", {{"first", first}, {"second", second}});
}

template <typename Classes>
std::string ClassesText(Language language, const Classes& classes) {
  std::string text;
  for (const int each : classes)
    text = Joined(language, text, Numbered(language, kFactors, each));
  return text.empty() ? Say(language, "factor.none") : text;
}

std::string UserText(Language language, const proto::LoginPlace& place) {
  return place.has_user() ? place.user().name() : Say(language, "login_place.nobody");
}

// "sshd、192.0.2.7から", "su、pts/0、呼び出し sato"
std::string PlaceText(Language language, const proto::LoginPlace& place) {
  std::string text = Joined(language, place.service(), place.tty());
  const std::string& host = place.remote_address().empty() ? place.remote_host() : place.remote_address();
  if (!host.empty()) text = Joined(language, text, Say(language, "login_place.from", {{"host", host}}));
  if (!place.remote_user().empty())
    text = Joined(language, text, Say(language, "login_place.called_by", {{"user", place.remote_user()}}));
  return text;
}

std::string ProofText(Language language, const proto::LoginProof& proof) {
  std::string came_to =
      proof.held() ? ClassesText(language, proof.classes()) : Numbered(language, kRefusals, proof.refusal());
  if (proof.held() && proof.weak()) came_to = Joined(language, came_to, Say(language, "proof.weak"));
  return Say(language, "proof.of", {{"method", Numbered(language, kMethods, proof.method())}, {"came_to", came_to}});
}

std::string ProofsText(Language language, const proto::LoginJudged& judged) {
  std::string text;
  for (const proto::LoginProof& proof : judged.proofs())
    text = Joined(language, text, ProofText(language, proof));
  return text.empty() ? Say(language, "proof.none") : text;
}

std::string ReasonText(Language language, const proto::LoginJudged& judged) {
  if (judged.reason() == proto::LOGIN_REASON_GRACE && judged.has_grace_until_us())
    return Say(language, "login_reason.grace_until",
               {{"until", LocalTimeText(TimeOfMessage(judged.grace_until_us()))}});
  return Numbered(language, kReasons, judged.reason());
}

// The policy, and the rule of it that was asked, if one was.
template <typename Judged>
std::string PolicyAndRule(Language language, const Judged& judged) {
  std::string policy = DescribePolicy(language, judged.policy_name(), judged.policy_version());
  return judged.rule().empty() ? policy
                               : Joined(language, policy, Say(language, "basis.rule", {{"rule", judged.rule()}}));
}

std::string WithDetail(Language language, std::string sentence, const std::string& detail) {
  if (detail.empty()) return sentence;
  return sentence + Say(language, "event.login_detail", {{"detail", detail}});
}

const char* LoginKey(const proto::LoginJudged& judged) {
  if (judged.result() != proto::LOGIN_GRANTED)
    return judged.result() == proto::LOGIN_UNAVAILABLE ? "event.login_undecided" : "event.login_refused";
  return judged.reason() == proto::LOGIN_REASON_OBSERVED ? "event.login_would_refuse" : "event.login_granted";
}

const char* SessionKey(const proto::SessionJudged& judged) {
  if (judged.ground() == proto::SESSION_CLOSED) return "event.session_closed";
  if (!judged.allowed() && judged.ground() == proto::SESSION_UNDECIDED) return "event.session_undecided";
  if (!judged.allowed())
    return judged.ground() == proto::SESSION_BAD_TICKET ? "event.session_bad_ticket" : "event.session_refused";
  if (judged.ground() == proto::SESSION_TICKET) return "event.session_opened";
  return judged.ground() == proto::SESSION_REPORTED ? "event.session_reported" : "event.session_would_refuse";
}

}  // namespace

std::string TellLogin(Language language, const proto::Event& event) {
  const proto::LoginJudged& judged = event.login_judged();
  std::string sentence = Say(language, LoginKey(judged),
                             {{"user", UserText(language, judged.place())},
                              {"place", PlaceText(language, judged.place())},
                              {"why", ReasonText(language, judged)},
                              {"proofs", ProofsText(language, judged)},
                              {"policy", PolicyAndRule(language, judged)}});
  return WithDetail(language, std::move(sentence), judged.detail());
}

std::string TellSession(Language language, const proto::Event& event) {
  const proto::SessionJudged& judged = event.session_judged();
  const bool account = judged.phase() == proto::SESSION_ACCOUNT;
  std::string sentence = Say(language, SessionKey(judged),
                             {{"what", Say(language, account ? "login_place.account" : "login_place.session")},
                              {"user", UserText(language, judged.place())},
                              {"place", PlaceText(language, judged.place())},
                              {"classes", ClassesText(language, judged.classes())},
                              {"policy", PolicyAndRule(language, judged)}});
  return WithDetail(language, std::move(sentence), judged.detail());
}

std::string TellAuthenticator(Language language, const proto::Event& event) {
  const proto::AuthenticatorChanged& changed = event.authenticator_changed();
  return Say(language, KeyOf(kChanges, changed.change()),
             {{"by", changed.by().name()},
              {"user", changed.user().name()},
              {"method", Numbered(language, kMethods, changed.method())},
              {"reason", changed.reason()}});
}

std::string LoginOutcome(const proto::LoginJudged& judged) {
  const bool copied = std::ranges::any_of(
      judged.proofs(), [](const proto::LoginProof& proof) { return proof.refusal() == proto::PROOF_COUNTER; });
  if (copied) return "alarm";
  if (judged.result() != proto::LOGIN_GRANTED) return "refused";
  return judged.reason() == proto::LOGIN_REASON_OBSERVED ? "would_refuse" : "allowed";
}

std::string SessionOutcome(const proto::SessionJudged& judged) {
  if (judged.ground() == proto::SESSION_CLOSED) return "info";
  if (!judged.allowed()) return "refused";
  const bool by_policy = judged.ground() == proto::SESSION_TICKET || judged.ground() == proto::SESSION_REPORTED;
  return by_policy ? "allowed" : "would_refuse";
}

std::string MethodText(Language language, proto::LoginMethod method) {
  return Numbered(language, kMethods, method);
}

}  // namespace sekimori::words
