// A door with every fake it needs, and a module that comes to it. yamada has password and code; the right answer to
// each is "right".
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "agent/door/door.h"
#include "tests/fakes/fake_authenticator.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_login_journal.h"
#include "tests/fakes/fake_login_line.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_time_floor.h"
#include "tests/fakes/fake_users.h"

namespace sekimori::door::tests {

inline constexpr std::uint32_t kYamada = 1000, kSuzuki = 1001;
inline const ports::LoginPeer kRoot{0, {4711, 90000}, {4000, 80000}};
inline const ports::LoginPeer kOther{kSuzuki, {4712, 90001}, {4000, 80000}};

inline LoginBegin BeginOf(LoginPhase phase, const char* user = "yamada", const char* ticket = "") {
  LoginBegin begin{};
  begin.phase = phase;
  (void)LoginCopyText(begin.service, sizeof begin.service, "login");
  (void)LoginCopyText(begin.user, sizeof begin.user, user);
  (void)LoginCopyText(begin.tty, sizeof begin.tty, "tty1");
  (void)LoginCopyText(begin.rhost, sizeof begin.rhost, "192.0.2.7");
  (void)LoginCopyText(begin.ruser, sizeof begin.ruser, "taro");
  (void)LoginCopyText(begin.language, sizeof begin.language, "en_US.UTF-8");
  (void)LoginCopyText(begin.ticket, sizeof begin.ticket, ticket);
  return begin;
}

struct Entrance {
  Entrance() {
    users.Add({kYamada, "yamada", {"madoguchi"}});
    users.Add({kSuzuki, "suzuki", {}});
    store.Enrol(kYamada, {.id = "app", .method = model::Method::kTotp, .label = "phone"});
    policy.name = "jumin";
    policy.version = 7;
    policy.mode = model::Mode::kEnforce;
    policies.Set(policy);
  }

  // A login from BEGIN to VERDICT with these answers.
  ::LoginVerdict Authenticate(const std::vector<const char*>& answers = {"right", "right"},
                              const ports::LoginPeer& peer = kRoot, const char* user = "yamada") {
    fakes::FakeLoginLine line;
    line.Begin(BeginOf(kLoginAuthenticate, user));
    for (const char* const answer : answers)
      line.Answer(answer);
    door.Serve(line, peer);
    return line.verdict().value_or(::LoginVerdict{});
  }
  ::LoginVerdict Enter(LoginPhase phase, const char* ticket, const ports::LoginPeer& peer = kRoot,
                       const char* user = "yamada") {
    fakes::FakeLoginLine line;
    line.Begin(BeginOf(phase, user, ticket));
    door.Serve(line, peer);
    return line.verdict().value_or(::LoginVerdict{});
  }

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
  Door door{{.desk = {authenticators, store, clock, floor, tickets},
             .users = users,
             .policies = policies,
             .journal = journal}};
};

}  // namespace sekimori::door::tests
