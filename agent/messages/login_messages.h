// The model's words about logins as the messages that carry them, for the log and for the command line alike. Pure.
#pragma once

#include "agent/model/event.h"
#include "proto/event.pb.h"

namespace sekimori::messages {

[[nodiscard]] proto::FactorClass ToMessage(model::FactorClass factor);
[[nodiscard]] proto::LoginMethod ToMessage(model::Method method);
[[nodiscard]] proto::ProofRefusal ToMessage(model::Refusal refusal);
[[nodiscard]] proto::LoginResult ToMessage(model::LoginResult result);
[[nodiscard]] proto::LoginReason ToMessage(model::LoginReason reason);
[[nodiscard]] proto::SessionPhase ToMessage(model::SessionPhase phase);
[[nodiscard]] proto::SessionGround ToMessage(model::SessionGround ground);
[[nodiscard]] proto::AuthenticatorChange ToMessage(model::AuthenticatorChange change);

}  // namespace sekimori::messages
