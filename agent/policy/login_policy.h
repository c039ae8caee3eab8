// A login policy as values: ordered rules, first match wins; without one, any two different classes. Pure.
// Req: R04, R16
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/login.h"

namespace sekimori::policy {

enum class Origin : std::uint8_t { kLocal = 1, kRemote };

// What a login must prove. Fewer than two classes cannot be asked for: whatever `at_least` says counts as two or more.
struct Requirement {
  model::FactorClasses named;  // each of these …
  std::uint32_t at_least = 2;  // … and so many different ones in all
  bool operator==(const Requirement&) const = default;
};

// All conditions present must hold; inside one list any entry is enough. An empty list means "not asked".
struct LoginConditions {
  std::vector<std::string> users = {};   // canonical names
  std::vector<std::string> groups = {};  // the user is in any of them
  std::vector<std::string> services = {};
  std::optional<Origin> origin = {};
  bool operator==(const LoginConditions&) const = default;
};

struct LoginRule {
  std::string id;  // unique in the policy
  bool deny = false;
  Requirement required;
  std::vector<model::Method> methods;  // that may be used; empty: all
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
  std::string name;
  std::uint64_t version = 0;
  std::vector<LoginRule> rules;
  std::vector<SessionRule> sessions;           // no rule matches: denied
  std::uint32_t tries = 3;                     // of one credential until it is locked; 0 counts as 1
  std::optional<model::WallTime> grace_until;  // users never enrolled get in with a password alone, before this
  bool weak_possession = false;                // whether a number read over the air counts at all
  // Asked of a name nobody has, and of users who can prove nothing: what most users of the site are asked.
  std::vector<model::Method> usual = {model::Method::kPassword, model::Method::kTotp};
  bool operator==(const LoginPolicy&) const = default;
};

}  // namespace sekimori::policy
