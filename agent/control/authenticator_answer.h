// What was answered about authenticators, as a message. Pure.
#pragma once

#include "agent/ports/authenticator_orders.h"
#include "proto/control.pb.h"

namespace sekimori::control {

// The seed that a TotpBegun carries is then in the message too: whoever sends it wipes it (WipeSecrets).
[[nodiscard]] proto::ControlAnswer MakeAuthenticatorAnswer(const ports::AuthenticatorAnswer& answer);
void WipeSecrets(proto::ControlAnswer& answer);

}  // namespace sekimori::control
