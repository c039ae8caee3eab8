#include "agent/core/login_records.h"

#include <utility>

namespace sekimori::core {

Status LoginRecords::Record(model::EventBody body) {
  const ports::Answer answer = questions_.Ask(ports::RecordLogin{std::move(body)}, {}, patience_);
  if (std::holds_alternative<ports::Done>(answer)) return Status::Ok();
  if (const auto* const error = std::get_if<Error>(&answer)) return *error;
  return Error{ErrorCode::kInternal, "deciding thread", "it answered something else"};
}

bool LetsIn(const model::EventBody& body) {
  if (const auto* const login = std::get_if<model::LoginJudged>(&body))
    return login->result == model::LoginResult::kGranted;
  if (const auto* const session = std::get_if<model::SessionJudged>(&body))
    return session->allowed && session->phase != model::SessionPhase::kClose;
  if (const auto* const changed = std::get_if<model::AuthenticatorChanged>(&body))
    return changed->change != model::AuthenticatorChange::kRevoked;
  return true;
}

bool IsAboutLogins(const model::EventBody& body) {
  return std::holds_alternative<model::LoginJudged>(body) || std::holds_alternative<model::SessionJudged>(body) ||
         std::holds_alternative<model::AuthenticatorChanged>(body);
}

}  // namespace sekimori::core
