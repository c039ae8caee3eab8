#include "agent/control/authenticator_answer.h"

#include <string>

#include "agent/control/answer.h"
#include "agent/messages/login_messages.h"

namespace sekimori::control {

namespace {

void Put(const model::Account& account, proto::Account& out) {
  out.set_uid(account.uid);
  out.set_name(account.name);
}

void Put(const ports::TotpBegun& begun, proto::TotpBegun& out) {
  out.set_pending(begun.pending);
  Put(begun.user, *out.mutable_user());
  // In one piece: no half of it is left where the string grew from.
  out.mutable_uri()->assign(begun.uri.bytes());
  out.set_within_s(static_cast<std::uint32_t>(begun.within.count()));
}

void Put(const ports::AuthenticatorState& each, proto::AuthenticatorState& out) {
  out.set_uid(each.state.key.uid);
  out.set_id(each.state.key.credential);
  const model::Credential credential = each.state.credential.value_or(model::Credential{});
  out.set_method(messages::ToMessage(credential.method));
  out.set_label(credential.label);
  out.set_enrolled(each.state.credential.has_value());
  out.set_revoked(credential.revoked);
  out.set_tries(each.state.tries);
  out.set_locked(each.locked);
}

}  // namespace

proto::ControlAnswer MakeAuthenticatorAnswer(const ports::AuthenticatorAnswer& answer) {
  if (const auto* error = std::get_if<Error>(&answer)) return MakeError(*error);
  proto::ControlAnswer out;
  if (const auto* begun = std::get_if<ports::TotpBegun>(&answer)) Put(*begun, *out.mutable_totp_begun());
  if (const auto* wrong = std::get_if<ports::WrongCode>(&answer)) out.mutable_totp_checked()->set_left(wrong->left);
  if (const auto* confirmed = std::get_if<ports::TotpConfirmed>(&answer)) {
    out.mutable_totp_checked()->set_right(true);
    Put(confirmed->user, *out.mutable_totp_checked()->mutable_user());
    out.mutable_totp_checked()->set_id(confirmed->id);
    out.mutable_totp_checked()->set_others(confirmed->others);
  }
  if (const auto* list = std::get_if<ports::AuthenticatorList>(&answer)) {
    out.mutable_authenticators();
    for (const ports::AuthenticatorState& state : list->states)
      Put(state, *out.mutable_authenticators()->add_states());
    if (list->next) out.mutable_authenticators()->set_next(*list->next);
  }
  if (const auto* changed = std::get_if<ports::AuthenticatorsChanged>(&answer)) {
    Put(changed->user, *out.mutable_authenticators_changed()->mutable_user());
    for (const std::string& id : changed->ids)
      out.mutable_authenticators_changed()->add_ids(id);
    out.mutable_authenticators_changed()->set_left(changed->left);
  }
  if (const auto* done = std::get_if<ports::Done>(&answer)) out.mutable_done()->set_detail(done->detail);
  return out;
}

void WipeSecrets(proto::ControlAnswer& answer) {
  if (!answer.has_totp_begun()) return;
  std::string& uri = *answer.mutable_totp_begun()->mutable_uri();
  model::WipeBytes(uri.data(), uri.size());
}

}  // namespace sekimori::control
