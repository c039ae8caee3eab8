#include "agent/enrolment/registrar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "agent/authenticators/totp.h"
#include "agent/enrolment/totp_uri.h"
#include "agent/model/typed_digits.h"

namespace sekimori::enrolment {
namespace {

using model::AuthenticatorChange;
using ports::AuthenticatorAnswer;

constexpr std::size_t kSeedBytes = 20;  // RFC 4226 section 4, R6: 160 bits
constexpr std::size_t kPendingId = 16;  // bytes of chance: nobody guesses it
constexpr std::size_t kCredentialId = 4;

// Other methods are never "tried only": nobody has them without being enrolled.
model::Method MethodOf(const ports::CredentialState& state) {
  return state.credential ? state.credential->method : model::Method::kPassword;
}

bool Active(const ports::CredentialState& state) {
  return state.credential && !state.credential->revoked;
}

std::uint32_t CountActive(const std::vector<ports::CredentialState>& states) {
  return static_cast<std::uint32_t>(std::ranges::count_if(states, Active));
}

bool HasControls(std::string_view text) {
  return std::ranges::any_of(text, [](char each) { return static_cast<unsigned char>(each) < 32 || each == 127; });
}

model::Account PersonBehind(const std::string& operator_name, const ports::Asker& asker) {
  return {asker.uid, operator_name.empty() ? asker.user : operator_name};
}

Status CheckTexts(const ports::OrderTotp& order) {
  if (order.label.size() > ports::LoginEnrolment::kLongestLabel || HasControls(order.label))
    return Error{ErrorCode::kInvalid, "label", "at most 128 bytes, no control characters"};
  if (order.issuer.empty() || order.issuer.size() > Registrar::kLongestIssuer || HasControls(order.issuer) ||
      order.issuer.find(':') != std::string::npos)
    return Error{ErrorCode::kInvalid, "issuer", "1 to 32 bytes, no ':' and no control characters"};
  return Status::Ok();
}

// The newest step whose code was typed. Every step's code is made and compared, whichever is right.
Result<std::optional<std::uint64_t>> RightStep(const authenticators::TotpSeed& seed, const model::Secret& typed,
                                               model::WallTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::optional<model::Secret> digits = model::TypedDigits(typed.bytes(), seed.digits);
  std::optional<std::uint64_t> right;
  if (seconds < 0) return right;
  const std::uint64_t middle = static_cast<std::uint64_t>(seconds) / seed.period;
  constexpr std::uint64_t kDrift = authenticators::Totp::kDrift;
  for (std::uint64_t step = middle - std::min(middle, kDrift); step <= middle + kDrift; ++step) {
    const Result<model::Secret> code = authenticators::TotpCode(seed, step);
    if (!code.ok()) return code.error();
    if (digits && model::SameSecret(digits->bytes(), code.value().bytes())) right = step;
  }
  return right;
}

}  // namespace

AuthenticatorAnswer Registrar::Answer(const ports::AuthenticatorOrder& order, const ports::Asker& asker) {
  Sweep();
  if (const auto* totp = std::get_if<ports::OrderTotp>(&order)) return Begin(*totp, asker);
  if (const auto* confirmation = std::get_if<ports::OrderConfirmation>(&order)) return Confirm(*confirmation);
  if (const auto* list = std::get_if<ports::AskAuthenticators>(&order)) return List(*list);
  if (const auto* revocation = std::get_if<ports::OrderRevocation>(&order)) return Revoke(*revocation, asker);
  if (const auto* unlocking = std::get_if<ports::OrderUnlocking>(&order)) return Unlock(*unlocking, asker);
  pending_.Remove(std::get<ports::OrderCancelling>(order).pending);
  return ports::Done{};
}

// --- enrolling ------------------------------------------------------------------------------------------------------

// All that can be found wrong is found before the person takes out a phone.
AuthenticatorAnswer Registrar::Begin(const ports::OrderTotp& order, const ports::Asker& asker) {
  if (const Status good = CheckTexts(order); !good.ok()) return good.error();
  const Result<model::Account> user = FindByName(order.user);
  if (!user.ok()) return user.error();
  Result<std::string> id = NewId(kPendingId);
  if (!id.ok()) return id.error();
  const Result<std::string> number = NewId(kCredentialId);
  if (!number.ok()) return number.error();
  const std::string credential = "totp-" + number.value();
  if (const Status room = CheckRoom(user.value(), credential); !room.ok()) return room.error();
  Result<authenticators::TotpSeed> seed = NewSeed();
  if (!seed.ok()) return seed.error();
  model::Secret uri = TotpUri(order.issuer + " " + outside_.host, user.value().name, seed.value());
  Pending pending{.change = {AuthenticatorChange::kEnrolled, user.value(), model::Method::kTotp, credential,
                             PersonBehind(order.operator_name, asker), order.reason},
                  .label = order.label,
                  .seed = std::move(seed).value()};
  if (const Status added = pending_.Add(id.value(), std::move(pending), outside_.clock.SinceBoot()); !added.ok())
    return added.error();
  return ports::TotpBegun{std::move(id).value(), user.value(), std::move(uri), PendingEnrolments::kLongest};
}

AuthenticatorAnswer Registrar::Confirm(const ports::OrderConfirmation& order) {
  Pending* const pending = pending_.Find(order.pending);
  if (pending == nullptr)
    return Error{ErrorCode::kExpired, "enrolment", "it is over: 10 minutes have passed, or it was ended; begin again"};
  const Result<std::optional<std::uint64_t>> step = RightStep(pending->seed, order.code, outside_.clock.Now());
  if (!step.ok()) return step.error();
  if (step.value()) {
    AuthenticatorAnswer answer = Keep(*pending, *step.value());
    pending_.Remove(order.pending);
    return answer;
  }
  const std::uint32_t left = PendingEnrolments::kMostWrong - ++pending->wrong;
  if (left == 0) pending_.Remove(order.pending);
  return ports::WrongCode{left};
}

AuthenticatorAnswer Registrar::Keep(const Pending& pending, std::uint64_t step) {
  const model::Account& user = pending.change.user;
  const Result<States> states = outside_.store.StatesOf(user.uid);
  if (!states.ok()) return states.error();
  Result<model::Secret> secret = authenticators::EncodeTotpSeed(pending.seed);
  if (!secret.ok()) return secret.error();
  if (const Status recorded = outside_.record(pending.change); !recorded.ok()) return recorded.error();
  const ports::Enrolment enrolment{
      .credential = {pending.change.credential, model::Method::kTotp, pending.label, false},
      .secret = std::move(secret).value(),
      // The code that confirmed it opens nothing afterwards.
      .counter = step};
  const Status kept = outside_.store.Enrol(user.uid, enrolment);
  if (kept.ok()) return ports::TotpConfirmed{user, pending.change.credential, CountActive(states.value())};
  // The log must not say to the end that there is something to log in with.
  model::AuthenticatorChanged undone = pending.change;
  undone.change = AuthenticatorChange::kRevoked;
  undone.reason = "not kept: " + ToString(kept.error());
  (void)outside_.record(std::move(undone));
  return kept.error();
}

// --- what is there --------------------------------------------------------------------------------------------------

AuthenticatorAnswer Registrar::List(const ports::AskAuthenticators& question) const {
  std::vector<std::uint32_t> uids;
  ports::AuthenticatorList list;
  if (!question.user.empty()) {
    const Result<model::Account> user = Find(question.user);
    if (!user.ok()) return user.error();
    uids.push_back(user.value().uid);
  } else {
    Result<std::vector<std::uint32_t>> found = outside_.store.Users(question.after, kUsersAtOnce);
    if (!found.ok()) return found.error();
    uids = std::move(found).value();
    if (uids.size() == kUsersAtOnce) list.next = uids.back();
  }
  const std::uint32_t tries = std::max(outside_.tries(), 1U);
  for (const std::uint32_t uid : uids) {
    if (uid == model::kNobody) continue;  // names that nobody has: nothing of theirs can be changed
    Result<States> states = outside_.store.StatesOf(uid);
    if (!states.ok()) return states.error();
    for (ports::CredentialState& state : states.value()) {
      const bool locked = state.tries >= tries;
      list.states.push_back({std::move(state), locked});
    }
  }
  return list;
}

AuthenticatorAnswer Registrar::Revoke(const ports::OrderRevocation& order, const ports::Asker& asker) {
  const Result<model::Account> user = Find(order.user);
  if (!user.ok()) return user.error();
  const Result<States> states = outside_.store.StatesOf(user.value().uid);
  if (!states.ok()) return states.error();
  const auto found = std::ranges::find_if(states.value(), [&](const ports::CredentialState& state) {
    return state.credential && state.key.credential == order.id;
  });
  if (found == states.value().end()) return Error{ErrorCode::kNotFound, order.id, "the user has no such authenticator"};
  if (!Active(*found)) return Error{ErrorCode::kConflict, order.id, "it is revoked already"};
  // First of all it opens nothing any more.
  if (const Status revoked = outside_.store.Revoke(found->key); !revoked.ok()) return revoked.error();
  const Status recorded = outside_.record({AuthenticatorChange::kRevoked, user.value(), MethodOf(*found), order.id,
                                           PersonBehind(order.operator_name, asker), order.reason});
  if (!recorded.ok())
    return Error{recorded.error().code, order.id,
                 "it is revoked, but this is not recorded yet: " + ToString(recorded.error())};
  return ports::AuthenticatorsChanged{user.value(), {order.id}, CountActive(states.value()) - 1};
}

AuthenticatorAnswer Registrar::Unlock(const ports::OrderUnlocking& order, const ports::Asker& asker) {
  const Result<model::Account> user = Find(order.user);
  if (!user.ok()) return user.error();
  const Result<States> states = outside_.store.StatesOf(user.value().uid);
  if (!states.ok()) return states.error();
  ports::AuthenticatorsChanged changed{user.value(), {}, CountActive(states.value())};
  bool known = order.id.empty();
  for (const ports::CredentialState& state : states.value()) {
    if (!order.id.empty() && state.key.credential != order.id) continue;
    known = true;
    if (state.tries == 0) continue;
    if (const Status recorded =
            outside_.record({AuthenticatorChange::kUnlocked, user.value(), MethodOf(state), state.key.credential,
                             PersonBehind(order.operator_name, asker), order.reason});
        !recorded.ok())
      return recorded.error();
    if (const Status unlocked = outside_.store.Unlock(state.key); !unlocked.ok()) return unlocked.error();
    changed.ids.push_back(state.key.credential);
  }
  if (!known) return Error{ErrorCode::kNotFound, order.id, "the user has no such authenticator"};
  if (changed.ids.empty()) return Error{ErrorCode::kConflict, order.user, "nothing failed: there is nothing to unlock"};
  return changed;
}

// --- who, and chance ------------------------------------------------------------------------------------------------

Result<model::Account> Registrar::FindByName(const std::string& name) const {
  const Result<std::optional<model::LoginUser>> found = outside_.users.Find(name);
  if (!found.ok()) return found.error();
  if (!found.value() || found.value()->uid == model::kNobody)
    return Error{ErrorCode::kNotFound, name, "no user of this terminal has that name"};
  return model::Account{found.value()->uid, found.value()->name};
}

Result<model::Account> Registrar::Find(const std::string& name) const {
  Result<model::Account> user = FindByName(name);
  if (user.ok() || user.error().code != ErrorCode::kNotFound) return user;
  std::uint32_t uid = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (fault != std::errc() || end != name.data() + name.size() || uid == model::kNobody) return user;
  return model::Account{uid, ""};
}

Status Registrar::CheckRoom(const model::Account& user, const std::string& id) const {
  const Result<States> states = outside_.store.StatesOf(user.uid);
  if (!states.ok()) return states.error();
  if (CountActive(states.value()) >= ports::LoginEnrolment::kMostCredentials)
    return Error{ErrorCode::kFull, user.name, "a user has 16 authenticators at most; revoke one that is not used"};
  if (std::ranges::any_of(states.value(), [&](const auto& state) { return state.key.credential == id; }))
    return Error{ErrorCode::kExists, id, "chance gave an id that is in use; begin again"};
  return Status::Ok();
}

Result<authenticators::TotpSeed> Registrar::NewSeed() {
  Result<std::array<std::uint8_t, 32>> chance = outside_.random.Bytes();
  if (!chance.ok()) return chance.error();
  char* const bytes = reinterpret_cast<char*>(chance.value().data());
  authenticators::TotpSeed seed{authenticators::TotpAlgorithm::kSha1, 6, 30, model::Secret({bytes, kSeedBytes})};
  model::WipeBytes(bytes, chance.value().size());
  return seed;
}

Result<std::string> Registrar::NewId(std::size_t bytes) {
  const Result<std::array<std::uint8_t, 32>> chance = outside_.random.Bytes();
  if (!chance.ok()) return chance.error();
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  std::string id;
  for (std::size_t at = 0; at < bytes; ++at) {
    id.push_back(kHexadecimal[chance.value()[at] >> 4U]);
    id.push_back(kHexadecimal[chance.value()[at] & 15U]);
  }
  return id;
}

}  // namespace sekimori::enrolment
