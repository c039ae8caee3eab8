// The tickets of logins that were granted: one session each, opened by whoever was let in, soon. Any thread. Req: R04
// sshd asks in a child process and opens the session in its parent, with another terminal name; GDM changes the
// terminal, and sudo the user. All are known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "agent/model/login.h"
#include "agent/ports/clock.h"
#include "agent/ports/random.h"
#include "proto/result.h"

namespace sekimori::login {

// Who shows a ticket, by the kernel's word (process) and the module's (the rest).
struct TicketHolder {
  std::uint32_t uid = model::kNobody;
  std::string service;
  std::string tty;
  model::LoginProcess process;
};

class TicketRegistry {
 public:
  struct Bounds {
    std::chrono::microseconds life = std::chrono::minutes{2};  // of the boot clock
    std::size_t most = 1024;                                   // open at once
  };
  // Clock and random outlive the registry.
  TicketRegistry(const ports::Clock& clock, ports::Random& random);
  TicketRegistry(const ports::Clock& clock, ports::Random& random, Bounds bounds);

  // For a login that is granted, to a user and a process that are known: 64 hexadecimal digits. kInvalid: it is not
  // such a login. kFull, or the source of chance has none: no ticket, and the login must not be granted.
  [[nodiscard]] Result<std::string> Issue(const model::Receipt& receipt);
  // What the ticket was issued for; it stays open. kNotFound: never issued, used, withdrawn. kExpired. kConflict: it is
  // somebody else's, and was withdrawn now that it is seen in other hands.
  [[nodiscard]] Result<model::Receipt> Look(const std::string& ticket, const TicketHolder& holder);
  // The same, and it is used up.
  [[nodiscard]] Result<model::Receipt> Use(const std::string& ticket, const TicketHolder& holder);
  void Withdraw(const std::string& ticket);
  [[nodiscard]] std::size_t open() const;

 private:
  struct Open {
    model::Receipt receipt;
    model::BootTime issued{};
  };
  [[nodiscard]] bool Stale(const Open& ticket, model::BootTime now) const;
  [[nodiscard]] Result<model::Receipt> Check(const std::string& ticket, const TicketHolder& holder, bool use);

  const ports::Clock& clock_;
  ports::Random& random_;
  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::map<std::string, Open> open_;
};

}  // namespace sekimori::login
