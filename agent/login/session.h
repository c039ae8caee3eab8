// Whether an account may be used, or a session opened, with the ticket it brings or without one. Req: R04, R05
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/login/tickets.h"
#include "agent/model/login.h"
#include "agent/policy/login_decide.h"

namespace sekimori::login {

enum class SessionGround : std::uint8_t {
  kTicket = 1,
  kReported,   // no ticket, and the policy only reports that
  kNoTicket,   // and the policy denies that
  kBadTicket,  // used, expired, never issued, or somebody else's: denied whatever the policy says of sessions without
};

struct SessionAnswer {
  bool allowed = false;
  SessionGround ground = SessionGround::kNoTicket;
  std::optional<model::Receipt> login;  // that the ticket was issued for
  std::optional<Error> fault;           // of the ticket
};

// The account phase: the ticket stays open.
[[nodiscard]] SessionAnswer JudgeAccount(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                                         const model::LoginRequest& request, const std::string& ticket);
// The session phase: the ticket is used up.
[[nodiscard]] SessionAnswer JudgeSession(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                                         const model::LoginRequest& request, const std::string& ticket);

}  // namespace sekimori::login
