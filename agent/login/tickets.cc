#include "agent/login/tickets.h"

#include <array>

namespace sekimori::login {
namespace {

constexpr std::uint32_t kInit = 1;

std::string Hexadecimal(const std::array<std::uint8_t, 32>& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

bool IsKnown(const model::LoginProcess& process) {
  return process.pid > kInit && process.started != 0;
}

// Whose parent is gone has init for one, which is everybody's.
bool SameProcess(const model::LoginRequest& request, const model::LoginProcess& process) {
  if (!IsKnown(process)) return false;
  return process == request.process || process == request.parent;
}

// sshd calls its terminal "ssh" until there is one: some modules want a name. GDM's worker, one for each login, asks on
// GDM's own terminal and then takes one for the session.
bool SameTerminal(const model::LoginRequest& request, const TicketHolder& holder) {
  if (holder.tty == request.tty) return true;
  if (request.service.starts_with("gdm-")) return holder.process == request.process;
  return request.service == "sshd" && request.tty == "ssh";
}

// sudo proves who asks, and names whom it becomes before it opens the session (sudoers(5), pam_session). Nobody but
// root gets to ask about another: the door.
bool SameUser(const model::LoginRequest& request, const TicketHolder& holder, bool use) {
  if (!request.user || holder.uid == model::kNobody) return false;
  if (request.user->uid == holder.uid) return true;
  return use && (request.service == "sudo" || request.service == "sudo-i") && holder.process == request.process;
}

bool Belongs(const model::LoginRequest& request, const TicketHolder& holder, bool use) {
  return SameUser(request, holder, use) && request.service == holder.service && SameTerminal(request, holder) &&
         SameProcess(request, holder.process);
}

}  // namespace

TicketRegistry::TicketRegistry(const ports::Clock& clock, ports::Random& random)
    : TicketRegistry(clock, random, Bounds{}) {}

TicketRegistry::TicketRegistry(const ports::Clock& clock, ports::Random& random, Bounds bounds)
    : clock_(clock), random_(random), bounds_(bounds) {}

bool TicketRegistry::Stale(const Open& ticket, model::BootTime now) const {
  // This clock never goes back; should it, nothing that depends on it holds.
  return now < ticket.issued || now - ticket.issued >= bounds_.life;
}

Result<std::string> TicketRegistry::Issue(const model::Receipt& receipt) {
  const model::LoginRequest& request = receipt.request;
  if (receipt.result != model::LoginResult::kGranted || !request.user || request.user->uid == model::kNobody ||
      !IsKnown(request.process))
    return Error{ErrorCode::kInvalid, "ticket", "only for a granted login of a known user by a known process"};
  const Result<std::array<std::uint8_t, 32>> bytes = random_.Bytes();
  if (!bytes.ok()) return bytes.error();
  const model::BootTime now = clock_.SinceBoot();
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& each) { return Stale(each.second, now); });
  if (open_.size() >= bounds_.most) return Error{ErrorCode::kFull, "ticket", "too many tickets are open"};
  const auto [place, fresh] = open_.try_emplace(Hexadecimal(bytes.value()), Open{receipt, now});
  // Chance that repeats itself is none.
  if (!fresh) return Error{ErrorCode::kUnavailable, "ticket", "the source of chance repeats itself"};
  return place->first;
}

Result<model::Receipt> TicketRegistry::Check(const std::string& ticket, const TicketHolder& holder, bool use) {
  const model::BootTime now = clock_.SinceBoot();
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ticket);
  if (found == open_.end()) return Error{ErrorCode::kNotFound, "ticket", "never issued, or used already"};
  if (Stale(found->second, now)) {
    open_.erase(found);
    return Error{ErrorCode::kExpired, "ticket", "its time is over"};
  }
  if (!Belongs(found->second.receipt.request, holder, use)) {
    open_.erase(found);
    return Error{ErrorCode::kConflict, "ticket", "it was issued to another user, service, terminal or process"};
  }
  if (!use) return found->second.receipt;
  return std::move(open_.extract(found).mapped().receipt);
}

Result<model::Receipt> TicketRegistry::Look(const std::string& ticket, const TicketHolder& holder) {
  return Check(ticket, holder, false);
}

Result<model::Receipt> TicketRegistry::Use(const std::string& ticket, const TicketHolder& holder) {
  return Check(ticket, holder, true);
}

void TicketRegistry::Withdraw(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  open_.erase(ticket);
}

std::size_t TicketRegistry::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace sekimori::login
