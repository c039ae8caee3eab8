// The events about logins as they are stored. Inside of audit_log. Req: R05, R16
#pragma once

#include <cstddef>

#include "agent/model/event.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {

inline constexpr std::size_t kMaxProofs = 32;  // of one login

// A credential's id becomes its SHA-256; a remote host that is the text of an IP address stands in a field of its own,
// which is not masked: twelve digits with points between them are common in addresses.
void Encode(const model::LoginJudged& judged, proto::LoginJudged& stored);
void Encode(const model::SessionJudged& judged, proto::SessionJudged& stored);
void Encode(const model::AuthenticatorChanged& changed, proto::AuthenticatorChanged& stored);

}  // namespace sekimori::audit_log
