#include "agent/login/session.h"

#include <utility>

namespace sekimori::login {
namespace {

SessionAnswer WithoutTicket(const policy::LoginPolicy& policy, const model::LoginRequest& request) {
  const bool report = policy::DecideWithoutTicket(policy, request) == policy::WithoutTicket::kReport;
  return {report, report ? SessionGround::kReported : SessionGround::kNoTicket, std::nullopt, std::nullopt};
}

SessionAnswer WithTicket(Result<model::Receipt> login) {
  if (!login.ok()) return {false, SessionGround::kBadTicket, std::nullopt, login.error()};
  return {true, SessionGround::kTicket, std::move(login).value(), std::nullopt};
}

TicketHolder HolderOf(const model::LoginRequest& request) {
  return {request.user ? request.user->uid : model::kNobody, request.service, request.tty, request.process};
}

}  // namespace

SessionAnswer JudgeAccount(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                           const model::LoginRequest& request, const std::string& ticket) {
  if (ticket.empty()) return WithoutTicket(policy, request);
  return WithTicket(tickets.Look(ticket, HolderOf(request)));
}

SessionAnswer JudgeSession(TicketRegistry& tickets, const policy::LoginPolicy& policy,
                           const model::LoginRequest& request, const std::string& ticket) {
  if (ticket.empty()) return WithoutTicket(policy, request);
  return WithTicket(tickets.Use(ticket, HolderOf(request)));
}

}  // namespace sekimori::login
