// The door: one connection of the login module, from BEGIN to VERDICT. Carries a login's conversation over the line,
// and judges accounts and sessions. Knows no socket. Any thread, several at once. Req: R04, R05
// Whoever is not root may ask about itself only. Recorded before it is granted; refused before it is recorded. Whatever
// does not follow proto/login/FORMAT.md ends the connection without a verdict, which the module takes for a refusal.
#pragma once

#include <chrono>

#include "agent/door/journal.h"
#include "agent/door/open_sessions.h"
#include "agent/login/conversation.h"
#include "agent/ports/login_line.h"
#include "agent/ports/users.h"

namespace sekimori::door {

// All of it outlives the door.
struct Outside {
  login::Desk desk;
  const ports::Users& users;
  const Policies& policies;
  Journal& journal;
};

// The PAM service by which the agent itself checks passwords (packaging/pam). A login by it is the agent asking itself.
inline constexpr char kOwnService[] = "sekimori-password";

class Door final : public ports::LoginDoor {
 public:
  static constexpr std::chrono::milliseconds kIntroduction{5'000};  // from connecting to BEGIN

  explicit Door(const Outside& outside) : outside_(outside) {}
  void Serve(ports::LoginLine& line, const ports::LoginPeer& peer) override;

 private:
  const Outside outside_;
  OpenSessions sessions_;
};

}  // namespace sekimori::door
