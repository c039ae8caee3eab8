// An agent at the module's socket: the real door behind the real socket, with fakes for what lies behind it. yamada is
// enrolled for password and code; "right" is the right answer to each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/door/door.h"
#include "drivers/linux/login_socket.h"
#include "tests/fakes/fake_authenticator.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_login_journal.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_time_floor.h"
#include "tests/fakes/fake_users.h"

namespace sekimori::tests {

inline constexpr std::uint32_t kYamada = 1000, kSuzuki = 1001;

// Says to the door that somebody else is calling, and knows who is inside.
class Porter final : public ports::LoginDoor {
 public:
  Porter(ports::LoginDoor& door, std::uint32_t uid) : door_(door), uid_(uid) {}
  void Serve(ports::LoginLine& line, const ports::LoginPeer& peer) override;
  // So many have come and nobody is left inside; false when that takes longer than a test may.
  [[nodiscard]] bool EverybodyLeft(int came);

 private:
  ports::LoginDoor& door_;
  const std::uint32_t uid_;
  std::mutex mutex_;
  std::condition_variable news_;
  int came_ = 0, left_ = 0;
};

struct StandingAgent {
  struct Ways {
    drivers::LoginSocketBounds bounds = {};
    std::uint32_t peer = 0;  // whom the door takes the tests for
  };
  StandingAgent() : StandingAgent(Ways{}) {}
  explicit StandingAgent(const Ways& ways);
  ~StandingAgent();

  // Of the proofs that held, for this user.
  [[nodiscard]] std::set<model::FactorClass> ClassesHeld(std::uint32_t uid = kYamada) const;

  fakes::FakeClock clock;
  fakes::FakeLoginStore store;
  fakes::FakeRandom random;
  fakes::FakeTimeFloor floor;
  fakes::FakeUsers users;
  fakes::FakeLoginJournal journal;
  fakes::FakeLoginPolicies policies;
  policy::LoginPolicy policy;
  fakes::FakeAuthenticator password{model::Method::kPassword, {model::FactorClass::kKnowledge}};
  fakes::FakeAuthenticator totp{model::Method::kTotp, {model::FactorClass::kPossession}};
  ports::Authenticator* authenticators[2] = {&password, &totp};
  login::TicketRegistry tickets{clock, random};
  door::Door door{{.desk = {authenticators, store, clock, floor, tickets},
                   .users = users,
                   .policies = policies,
                   .journal = journal}};
  Porter porter;
  drivers::LoginSocket socket;
};

// Connected to the agent's socket; closed by the caller.
[[nodiscard]] int CallAgent();

}  // namespace sekimori::tests
