#include "agent/door/record.h"

namespace sekimori::door {

model::LoginPlace PlaceOf(const model::LoginRequest& request) {
  model::LoginPlace place{.user = std::nullopt,
                          .service = request.service,
                          .tty = request.tty,
                          .remote_host = request.remote_host,
                          .remote_user = request.remote_user};
  if (request.user) place.user = model::Account{request.user->uid, request.user->name};
  return place;
}

model::LoginJudged JudgedOf(const model::Receipt& receipt) {
  return {.place = PlaceOf(receipt.request),
          .result = receipt.result,
          .reason = receipt.reason,
          .classes = receipt.classes,
          .proofs = receipt.proofs,
          .rule = receipt.rule,
          .policy_name = receipt.policy_name,
          .policy_version = receipt.policy_version,
          .grace_until = receipt.grace_until,
          .detail = receipt.detail};
}

model::SessionJudged JudgedOf(const model::LoginRequest& request, model::SessionPhase phase,
                              const login::SessionAnswer& answer, const policy::LoginPolicy& policy) {
  return {.place = PlaceOf(request),
          .phase = phase,
          .allowed = answer.allowed,
          .ground = answer.ground,
          .classes = answer.login ? answer.login->classes : model::FactorClasses{},
          .rule = answer.rule,
          .policy_name = policy.name,
          .policy_version = policy.version,
          .detail = answer.fault ? ToString(*answer.fault) : std::string()};
}

}  // namespace sekimori::door
