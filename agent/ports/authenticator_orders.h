// What root asks about what people prove with who they are, and what it is answered: plain values between the control
// socket and agent/enrolment. Req: R04, R11, R16
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/model/login.h"
#include "agent/model/secret.h"
#include "agent/ports/login_enrolment.h"
#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::ports {

// `operator_name`: as of OrderRelease.
struct OrderTotp {
  std::string user;    // a name; aliases lead to their owner
  std::string label;   // the credential's
  std::string issuer;  // what the app shows before the terminal's name
  std::string reason;
  std::string operator_name = {};
};
struct OrderConfirmation {
  std::string pending;
  model::Secret code;  // as typed
};
// No error if nothing of that id waits: the outcome is the same.
struct OrderCancelling {
  std::string pending;
};
// `user`, here and below: a name, or the number of a user that has no name any more. Empty: all users, some at a time.
struct AskAuthenticators {
  std::string user;
  std::optional<std::uint32_t> after = {};  // of all users: those above this one
};
struct OrderRevocation {
  std::string user, id, reason;
  std::string operator_name = {};
};
struct OrderUnlocking {
  std::string user;
  std::string id;  // empty: all of the user's that have failed
  std::string reason;
  std::string operator_name = {};
};
using AuthenticatorOrder =
    std::variant<OrderTotp, OrderConfirmation, OrderCancelling, AskAuthenticators, OrderRevocation, OrderUnlocking>;

// Nothing counts yet.
struct TotpBegun {
  std::string pending;
  model::Account user;
  model::Secret uri;  // otpauth://…, with the seed in it
  std::chrono::seconds within{};
};
struct TotpConfirmed {
  model::Account user;
  std::string id;
  std::uint32_t others = 0;  // the user's that are not revoked, besides this one
};
struct WrongCode {
  std::uint32_t left = 0;  // more that may be wrong; 0: the enrolment is over
};
struct AuthenticatorState {
  CredentialState state;
  bool locked = false;  // by the policy in force now
};
struct AuthenticatorList {
  std::vector<AuthenticatorState> states;
  std::optional<std::uint32_t> next = {};  // there are more users above this one
};
struct AuthenticatorsChanged {
  model::Account user;
  std::vector<std::string> ids;
  std::uint32_t left = 0;  // the user's that are not revoked
};
using AuthenticatorAnswer =
    std::variant<Error, TotpBegun, TotpConfirmed, WrongCode, AuthenticatorList, AuthenticatorsChanged, Done>;

class AuthenticatorOrders {
 public:
  virtual ~AuthenticatorOrders() = default;
  // Any thread, never blocking. `done` is called once, perhaps on another thread, perhaps before this returns. Errors:
  // kFull (too many wait), kUnavailable (the agent is stopping), and what the order itself meets. Who may ask was
  // checked before.
  virtual void Take(AuthenticatorOrder order, Asker asker, std::function<void(AuthenticatorAnswer)> done) = 0;
};

}  // namespace sekimori::ports
