// Whether an account may be used, or a session opened, with the ticket it brings or without one. Req: R04, R05
#pragma once

#include <optional>
#include <string>

#include "agent/login/tickets.h"
#include "agent/model/login.h"
#include "agent/policy/login_decide.h"

namespace sekimori::login {

using model::SessionGround;

struct SessionAnswer {
  bool allowed = false;
  SessionGround ground = SessionGround::kNoTicket;
  std::string rule = {};                     // of the sessions; empty: none matched, or a ticket was shown
  std::optional<model::Receipt> login = {};  // that the ticket was issued for
  std::optional<Error> fault = {};           // of the ticket
};

// The account phase: the ticket stays open.
[[nodiscard]] SessionAnswer JudgeAccount(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                                         const model::LoginRequest& request, const std::string& ticket);
// The session phase: the ticket is used up.
[[nodiscard]] SessionAnswer JudgeSession(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                                         const model::LoginRequest& request, const std::string& ticket);

}  // namespace sekimori::login
