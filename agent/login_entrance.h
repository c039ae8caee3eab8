// The way in for the login module: its socket, and behind it whoever checks passwords and codes. Req: R04
#pragma once

#include <array>
#include <filesystem>

#include "agent/authenticators/totp.h"
#include "agent/door/door.h"
#include "agent/login/tickets.h"
#include "agent/logins.h"
#include "agent/ports/clock.h"
#include "drivers/linux/login_socket.h"
#include "drivers/linux/password_authenticator.h"

namespace sekimori::agent {

class LoginEntrance {
 public:
  // What logins stand on, and the clock, outlive it.
  LoginEntrance(Logins& logins, const ports::Clock& clock, drivers::PasswordProgram password = {});
  LoginEntrance(const LoginEntrance&) = delete;
  LoginEntrance& operator=(const LoginEntrance&) = delete;

  // Answers from here on, at a socket of this path. Errors as LoginSocket::Start: nobody is let in.
  [[nodiscard]] Status Start(const std::filesystem::path& path) { return socket_.Start(path); }
  // Refuses every login under way. Before the deciding thread ends, so that it is recorded.
  void Stop() { socket_.Stop(); }

 private:
  class Records final : public door::Journal {
   public:
    explicit Records(core::LoginRecords& records) : records_(records) {}
    [[nodiscard]] Status Record(const model::EventBody& body) override { return records_.Record(body); }

   private:
    core::LoginRecords& records_;
  };
  class InForce final : public door::Policies {
   public:
    explicit InForce(const core::StandingLogin& policy) : policy_(policy) {}
    [[nodiscard]] policy::LoginPolicy Current() const override { return policy_.Current(); }

   private:
    const core::StandingLogin& policy_;
  };

  Records records_;
  InForce in_force_;
  login::TicketRegistry tickets_;
  drivers::PasswordAuthenticator password_;
  authenticators::Totp totp_;
  // The password first: a right code leaves one write more behind than its decoy does.
  const std::array<ports::Authenticator*, 2> offered_{&password_, &totp_};
  door::Door door_;
  drivers::LoginSocket socket_;
};

}  // namespace sekimori::agent
