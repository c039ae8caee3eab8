#include "agent/login/session.h"

#include <utility>

namespace sekimori::login {
namespace {

SessionAnswer WithoutTicket(const policy::LoginPolicy& policy, const model::LoginRequest& request) {
  policy::SessionDemand demand = policy::DecideWithoutTicket(policy, request);
  SessionAnswer answer{.rule = std::move(demand.rule)};
  if (demand.action == policy::WithoutTicket::kReport)
    answer.ground = SessionGround::kReported;
  else if (policy.mode == model::Mode::kObserve)
    answer.ground = SessionGround::kObserved;
  answer.allowed = answer.ground != SessionGround::kNoTicket;
  return answer;
}

SessionAnswer WithTicket(Result<model::Receipt> login) {
  if (!login.ok()) return {.ground = SessionGround::kBadTicket, .fault = login.error()};
  return {.allowed = true, .ground = SessionGround::kTicket, .login = std::move(login).value()};
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
