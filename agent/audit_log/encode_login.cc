#include "agent/audit_log/encode_login.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "agent/messages/login_messages.h"
#include "proto/signing/sha256.h"

namespace sekimori::audit_log {
namespace {

using messages::ToMessage;

// The parts between colons or points. Empty text is one empty part.
std::vector<std::string_view> Parts(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

template <int kBase, unsigned kMost>
bool IsNumber(std::string_view part) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, kBase);
  return error == std::errc{} && end == part.data() + part.size() && value <= kMost && part.size() <= 4;
}

bool IsV4(std::string_view text) {
  const std::vector<std::string_view> parts = Parts(text, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, IsNumber<10, 255>);
}

// RFC 4291, 2.2, without telling where "::" may stand: nothing longer than an address, and no long row of digits.
bool IsV6(std::string_view text) {
  std::vector<std::string_view> parts = Parts(text, ':');
  if (parts.size() < 3 || parts.size() > 9) return false;
  if (IsV4(parts.back())) parts.pop_back();
  return std::ranges::all_of(parts, [](std::string_view part) { return part.empty() || IsNumber<16, 0xffff>(part); });
}

bool IsAddress(std::string_view text) {
  return IsV4(text) || IsV6(text);
}

void Put(const model::Account& account, proto::Account& stored) {
  stored.set_uid(account.uid);
  stored.set_name(account.name);
}

void Put(const model::LoginPlace& place, proto::LoginPlace& stored) {
  if (place.user) Put(*place.user, *stored.mutable_user());
  stored.set_service(place.service);
  stored.set_tty(place.tty);
  if (IsAddress(place.remote_host))
    stored.set_remote_address(place.remote_host);
  else
    stored.set_remote_host(place.remote_host);
  stored.set_remote_user(place.remote_user);
}

std::string HashOf(const std::string& credential) {
  return credential.empty() ? std::string() : std::string(signing::AsBytes(signing::Sha256(credential)));
}

void Put(const model::Proof& proof, proto::LoginProof& stored) {
  stored.set_method(ToMessage(proof.method));
  stored.set_credential_sha256(HashOf(proof.key.credential));
  stored.set_held(proof.evidence.has_value());
  if (proof.refusal) stored.set_refusal(ToMessage(*proof.refusal));
  if (!proof.evidence) return;
  for (const model::FactorClass each : proof.evidence->classes)
    stored.add_classes(ToMessage(each));
  stored.set_weak(proof.evidence->weak);
  if (proof.evidence->counter) stored.set_counter(*proof.evidence->counter);
}

}  // namespace

void Encode(const model::LoginJudged& judged, proto::LoginJudged& stored) {
  Put(judged.place, *stored.mutable_place());
  stored.set_result(ToMessage(judged.result));
  stored.set_reason(ToMessage(judged.reason));
  for (const model::FactorClass each : judged.classes)
    stored.add_classes(ToMessage(each));
  for (const model::Proof& proof : std::span(judged.proofs).first(std::min(judged.proofs.size(), kMaxProofs)))
    Put(proof, *stored.add_proofs());
  stored.set_rule(judged.rule);
  stored.set_policy_name(judged.policy_name);
  stored.set_policy_version(judged.policy_version);
  if (judged.grace_until) stored.set_grace_until_us(judged.grace_until->time_since_epoch().count());
  stored.set_detail(judged.detail);
}

void Encode(const model::SessionJudged& judged, proto::SessionJudged& stored) {
  Put(judged.place, *stored.mutable_place());
  stored.set_phase(ToMessage(judged.phase));
  stored.set_allowed(judged.allowed);
  stored.set_ground(ToMessage(judged.ground));
  for (const model::FactorClass each : judged.classes)
    stored.add_classes(ToMessage(each));
  stored.set_rule(judged.rule);
  stored.set_policy_name(judged.policy_name);
  stored.set_policy_version(judged.policy_version);
  stored.set_detail(judged.detail);
}

void Encode(const model::AuthenticatorChanged& changed, proto::AuthenticatorChanged& stored) {
  stored.set_change(ToMessage(changed.change));
  Put(changed.user, *stored.mutable_user());
  stored.set_method(ToMessage(changed.method));
  stored.set_credential_sha256(HashOf(changed.credential));
  Put(changed.by, *stored.mutable_by());
  stored.set_reason(changed.reason);
}

}  // namespace sekimori::audit_log
