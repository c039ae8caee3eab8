#include "agent/login/recording.h"

namespace sekimori::login {
namespace {

model::SessionJudged Judged(const model::LoginRequest& request, model::SessionPhase phase,
                            const policy::LoginPolicy& policy, model::SessionGround ground) {
  model::SessionJudged event;
  event.place = PlaceOf(request);
  event.phase = phase;
  event.ground = ground;
  event.policy_name = policy.name;
  event.policy_version = policy.version;
  return event;
}

}  // namespace

model::LoginPlace PlaceOf(const model::LoginRequest& request) {
  model::LoginPlace place{{}, request.service, request.tty, request.remote_host, request.remote_user};
  if (request.user && request.user->uid != model::kNobody)
    place.user = model::Account{request.user->uid, request.user->name};
  return place;
}

model::LoginJudged EventOf(const model::Receipt& receipt) {
  model::LoginJudged event;
  event.place = PlaceOf(receipt.request);
  event.result = receipt.result;
  event.reason = receipt.reason;
  event.classes = receipt.classes;
  event.proofs = receipt.proofs;
  event.rule = receipt.rule;
  event.policy_name = receipt.policy_name;
  event.policy_version = receipt.policy_version;
  event.grace_until = receipt.grace_until;
  event.detail = receipt.detail;
  return event;
}

model::SessionJudged EventOf(const model::LoginRequest& request, model::SessionPhase phase,
                             const policy::LoginPolicy& policy, const SessionAnswer& answer) {
  model::SessionJudged event = Judged(request, phase, policy, answer.ground);
  event.allowed = answer.allowed;
  event.rule = answer.rule;
  if (answer.login) event.classes = answer.login->classes;
  if (answer.fault) event.detail = ToString(*answer.fault);
  return event;
}

model::SessionJudged Undecided(const model::LoginRequest& request, model::SessionPhase phase,
                               const policy::LoginPolicy& policy, const Status& why) {
  model::SessionJudged event = Judged(request, phase, policy, model::SessionGround::kUndecided);
  if (!why.ok()) event.detail = ToString(why.error());
  return event;
}

model::SessionJudged Closed(const model::LoginRequest& request, const policy::LoginPolicy& policy) {
  model::SessionJudged event = Judged(request, model::SessionPhase::kClose, policy, model::SessionGround::kClosed);
  event.allowed = true;
  return event;
}

}  // namespace sekimori::login
