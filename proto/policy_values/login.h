// A login policy as plain values: ordered rules, first match wins; without one, any two different classes. Text form:
// docs/policy.md. Req: R04, R16
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/policy_values/mode.h"

namespace sekimori::policy_values {

// 知識・所持・存在. Assigned by the verifier of a proof, never by configuration.
enum class FactorClass : std::uint8_t { kKnowledge = 1, kPossession, kInherence };
using FactorClasses = std::set<FactorClass>;

enum class Method : std::uint8_t { kPassword = 1, kTotp, kFido2, kCard, kFingerprint, kEmergencyCode };

enum class Origin : std::uint8_t { kLocal = 1, kRemote };

// What a login must prove. Fewer than two classes cannot be asked for: whatever `at_least` says counts as two or more.
struct Requirement {
  FactorClasses named;         // each of these …
  std::uint32_t at_least = 2;  // … and so many different ones in all
  bool operator==(const Requirement&) const = default;
};

// All conditions present must hold; inside one list any entry is enough. An empty list means "not asked".
struct LoginConditions {
  std::vector<std::string> users = {};   // canonical names
  std::vector<std::string> groups = {};  // the user is in any of them
  std::vector<std::string> services = {};
  std::optional<Origin> origin = {};
  // Whether root itself asks: not a user whose su runs as root. sudo is root altogether when it asks.
  std::optional<bool> by_root = {};
  bool operator==(const LoginConditions&) const = default;
};

struct LoginRule {
  std::string id;  // unique in the policy
  bool deny = false;
  Requirement required;
  std::vector<Method> methods;  // that may be used; empty: all
  std::string reason;
  LoginConditions match;
  bool operator==(const LoginRule&) const = default;
};

// What becomes of a session that brings no ticket: public keys of sshd, cron, automatic logins.
enum class WithoutTicket : std::uint8_t { kDeny = 1, kReport };

struct SessionRule {
  std::string id;
  WithoutTicket action = WithoutTicket::kDeny;
  LoginConditions match;
  bool operator==(const SessionRule&) const = default;
};

struct LoginPolicy {
  std::string name;  // these two and the mode are the whole policy's
  std::uint64_t version = 0;
  std::vector<LoginRule> rules;
  std::vector<SessionRule> sessions;  // no rule matches: denied
  std::uint32_t tries = 3;            // of one credential until it is locked; 0 counts as 1
  // Users never enrolled get in with a password alone, before this.
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> grace_until;
  bool weak_possession = false;  // whether a number read over the air counts at all
  // Asked of a name nobody has, and of users who can prove nothing: what most users of the site are asked.
  std::vector<Method> usual = {Method::kPassword, Method::kTotp};
  // Observing: users never enrolled get in with a password alone, and sessions without a ticket are let in; both are
  // recorded as what enforcing would refuse. Whoever is enrolled proves all that is asked for.
  Mode mode = Mode::kEnforce;
  bool operator==(const LoginPolicy&) const = default;
};

// Where a policy has no session rules of its own: what the system starts by itself and nobody logs in for; root
// that becomes another, as the scripts of packages do; and what root runs that asks PAM although nobody logs in:
// adduser by chfn, GDM for its login screen. Root could do so without asking anybody.
inline constexpr char kBuiltInSessions[] = "built-in";
[[nodiscard]] inline LoginPolicy BuiltInLogin() {
  LoginPolicy policy;
  policy.sessions = {{.id = kBuiltInSessions,
                      .action = WithoutTicket::kReport,
                      .match = {.services = {"cron", "atd", "systemd-user"}}},
                     {.id = kBuiltInSessions,
                      .action = WithoutTicket::kReport,
                      .match = {.services = {"su", "su-l", "runuser", "runuser-l"}, .by_root = true}},
                     {.id = kBuiltInSessions,
                      .action = WithoutTicket::kReport,
                      .match = {.services = {"chfn", "chsh", "gdm-launch-environment"}, .by_root = true}}};
  return policy;
}

}  // namespace sekimori::policy_values
