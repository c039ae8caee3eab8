// A login as plain values: who asks where, what was proven, what was answered and why. Req: R04, R05, R16
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/model/time.h"
#include "proto/policy_values/login.h"

namespace sekimori::model {

using policy_values::FactorClass;
using policy_values::FactorClasses;
using policy_values::Method;

// The user id that no user has (chown(2) takes it for "leave as it is"): what is counted for names that nobody has
// stands under it.
inline constexpr std::uint32_t kNobody = 0xFFFFFFFF;

// Two processes may have the same id one after the other, never also the same start.
struct LoginProcess {
  std::uint32_t pid = 0;
  std::uint64_t started = 0;  // clock ticks since boot: field 22 of /proc/PID/stat
  bool operator==(const LoginProcess&) const = default;
};

// As the name service knows the user; everything is kept under the uid, so that aliases and capitals change nothing.
struct LoginUser {
  std::uint32_t uid = 0;
  std::string name;  // canonical
  std::vector<std::string> groups;
  bool operator==(const LoginUser&) const = default;
};

struct LoginRequest {
  std::string service;            // of PAM: "login", "sshd", "sudo"
  std::string typed_name;         // perhaps a password in the wrong place: of nobody it is not recorded
  std::optional<LoginUser> user;  // nullopt: nobody has that name
  std::string tty;
  std::string remote_host;  // empty: at the terminal itself
  std::string remote_user;  // by the other side's own word
  LoginProcess process;     // that asks
  LoginProcess parent;      // of it: sshd asks in a child and opens the session itself
  bool by_root = false;     // root started it, not a user whose su or sudo runs as root
  bool operator==(const LoginRequest&) const = default;
};

// A user as records name one.
struct Account {
  std::uint32_t uid = kNobody;
  std::string name;
  bool operator==(const Account&) const = default;
};

// Of a request, what may be recorded: nothing that was typed is in it.
struct LoginPlace {
  std::optional<Account> user;  // nullopt: nobody has the name that was typed
  std::string service, tty, remote_host, remote_user;
  bool operator==(const LoginPlace&) const = default;
};

// What is said to a person: a key of the catalogue and the values its text takes.
struct Words {
  using Value = std::variant<std::string, std::uint64_t, WallTime>;
  std::string key;  // "login.ask_password"
  std::vector<std::pair<std::string, Value>> values = {};
  bool operator==(const Words&) const = default;
};

enum class PromptStyle : std::uint8_t { kAskHidden = 1, kAskShown, kTell, kTellError };

struct Prompt {
  PromptStyle style = PromptStyle::kTell;
  Words words;
  std::vector<Words> choices = {};  // numbered from 1, one a line
  bool operator==(const Prompt&) const = default;
};

[[nodiscard]] inline bool Asks(const Prompt& prompt) {
  return prompt.style == PromptStyle::kAskHidden || prompt.style == PromptStyle::kAskShown;
}

// One thing a user can prove something with. Its secret is not here.
struct Credential {
  std::string id;  // unique for its user; no secret, but recorded only as a hash
  Method method = Method::kPassword;
  std::string label = {};  // the user's own word for it
  bool revoked = false;
  bool operator==(const Credential&) const = default;
};

struct CredentialKey {
  std::uint32_t uid = kNobody;
  std::string credential;
  auto operator<=>(const CredentialKey&) const = default;
};

// A proof that held, in its verifier's words.
struct Evidence {
  Method method = Method::kPassword;
  std::string credential;
  FactorClasses classes;                 // empty: proves nothing (a certificate that was only read)
  bool weak = false;                     // can be copied without a trace: a card's number read over the air
  std::optional<std::uint64_t> counter;  // TOTP's time step, FIDO's signature counter
  bool operator==(const Evidence&) const = default;
};

// Why a proof did not hold.
enum class Refusal : std::uint8_t {
  kWrong = 1,
  kReplayed,    // was right once, and was used
  kClock,       // the terminal's clock stands before a time that has been
  kCounter,     // a counter did not go on: there may be a copy
  kLastTry,     // the token has one try left, which is never spent here
  kTimeout,     // nobody touched, nobody came
  kLockedOut,   // too many tries before: not checked
  kNotChecked,  // the login was lost already, or there is no such user
};

struct Proof {
  CredentialKey key;
  Method method = Method::kPassword;
  std::optional<Evidence> evidence;  // nullopt: it did not hold
  std::optional<Refusal> refusal;    // nullopt with no evidence: the verifier failed
  bool operator==(const Proof&) const = default;
};

enum class LoginResult : std::uint8_t { kGranted = 1, kDenied, kTooManyTries, kNotNow, kUnavailable };

enum class LoginReason : std::uint8_t {
  kProven = 1,  // the classes asked for
  kGrace,       // not enrolled yet, before the dated end of grace: one class
  kObserved,    // not enrolled yet, and the policy only observes: one class
  kUnknownUser,
  kNotEnrolled,  // nothing that could prove what is asked for
  kRule,         // a rule denies
  kProofRefused,
  kLockedOut,
  kTooFewClasses,  // the proofs held, but their verifiers gave fewer classes than they might have
  kCancelled,
  kTimeout,
  kNoAuthenticator,  // nothing on this terminal can prove anything
  kAuthenticatorFailed,
  kStoreFailed,
  kClockFailed,
  kNoTicket,
  kNotRecorded,
  kOutOfOrder,  // events that cannot follow each other
};

// What is asked about a session.
enum class SessionPhase : std::uint8_t { kAccount = 1, kOpen, kClose };

// What the answer rests on.
enum class SessionGround : std::uint8_t {
  kTicket = 1,
  kReported,   // no ticket, and the policy only reports that
  kNoTicket,   // and the policy denies that
  kBadTicket,  // used, expired, never issued, or somebody else's: denied whatever the policy says of sessions without
  kObserved,   // no ticket, and the policy, which only observes, would deny that
  kClosed,     // the end of a session, which nobody asks permission for
  kUndecided,  // it did not come to that: denied
};

// What became of something to prove with.
enum class AuthenticatorChange : std::uint8_t { kEnrolled = 1, kRevoked, kUnlocked };

// What goes into the log about one login, granted or not.
struct Receipt {
  LoginRequest request;
  LoginResult result = LoginResult::kUnavailable;
  LoginReason reason = LoginReason::kOutOfOrder;
  FactorClasses classes = {};  // proven
  std::vector<Proof> proofs = {};
  std::string rule = {};  // of the login policy; empty: none matched
  std::string policy_name = {};
  std::uint64_t policy_version = 0;
  std::optional<WallTime> grace_until = {};  // only with kGrace
  std::string detail = {};                   // of an error, for people
  bool operator==(const Receipt&) const = default;
};

// What the module is told.
struct LoginVerdict {
  LoginResult result = LoginResult::kUnavailable;
  std::vector<Words> message;  // a line each
  std::string ticket;          // only with kGranted
  bool operator==(const LoginVerdict&) const = default;
};

// The last login of a user and what failed since. Req: R16
struct LastLogin {
  WallTime at;
  std::string service, tty, remote_host;
  bool operator==(const LastLogin&) const = default;
};
struct LoginHistory {
  std::optional<LastLogin> last;
  std::uint32_t failed_since = 0;
  bool operator==(const LoginHistory&) const = default;
};

}  // namespace sekimori::model
