#include "agent/login/tickets.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

const TicketHolder kHolder{kSato, "login", "tty1", {4711, 90000}};

model::Receipt Granted(LoginRequest request = Sato()) {
  model::Receipt receipt;
  receipt.request = std::move(request);
  receipt.result = LoginResult::kGranted;
  receipt.reason = LoginReason::kProven;
  return receipt;
}

struct Registry {
  fakes::FakeClock clock;
  fakes::FakeRandom random;
  TicketRegistry tickets{clock, random, {std::chrono::minutes{2}, 3}};
};

ErrorCode CodeOf(const Result<model::Receipt>& result) {
  return result.ok() ? ErrorCode::kInternal : result.error().code;
}

TEST(Tickets, AreUsedOnceAndLookedAtOften) {
  Registry registry;
  const std::string ticket = registry.tickets.Issue(Granted()).value();
  EXPECT_EQ(ticket.size(), 64U);
  EXPECT_EQ(ticket.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_TRUE(registry.tickets.Look(ticket, kHolder).ok());
  EXPECT_TRUE(registry.tickets.Look(ticket, kHolder).ok());
  EXPECT_EQ(registry.tickets.Use(ticket, kHolder).value(), Granted());
  EXPECT_EQ(CodeOf(registry.tickets.Look(ticket, kHolder)), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(registry.tickets.Use(ticket, kHolder)), ErrorCode::kNotFound);
}

TEST(Tickets, BelongToUserServiceTerminalAndProcess) {
  struct Case {
    const char* name;
    TicketHolder holder;
    bool belongs;
  };
  const std::vector<Case> cases = {
      {"the same", kHolder, true},
      {"the parent", {kSato, "login", "tty1", {4000, 80000}}, true},
      {"another user", {kSato + 1, "login", "tty1", {4711, 90000}}, false},
      {"nobody", {model::kNobody, "login", "tty1", {4711, 90000}}, false},
      {"another service", {kSato, "su", "tty1", {4711, 90000}}, false},
      {"another terminal", {kSato, "login", "tty2", {4711, 90000}}, false},
      {"no terminal", {kSato, "login", "", {4711, 90000}}, false},
      {"another process", {kSato, "login", "tty1", {4712, 90000}}, false},
      {"the number of a process that is gone", {kSato, "login", "tty1", {4711, 90001}}, false},
      {"child's number, parent's start", {kSato, "login", "tty1", {4711, 80000}}, false},
      {"an unknown start", {kSato, "login", "tty1", {4711, 0}}, false},
      {"no process", {kSato, "login", "tty1", {}}, false},
  };
  for (const Case& each : cases)
    for (const bool use : {false, true}) {
      Registry registry;
      const std::string ticket = registry.tickets.Issue(Granted()).value();
      const Result<model::Receipt> shown =
          use ? registry.tickets.Use(ticket, each.holder) : registry.tickets.Look(ticket, each.holder);
      EXPECT_EQ(shown.ok(), each.belongs) << each.name;
      if (each.belongs) continue;
      EXPECT_EQ(CodeOf(shown), ErrorCode::kConflict) << each.name;
      // Seen in other hands, it opens nothing any more.
      EXPECT_EQ(CodeOf(registry.tickets.Use(ticket, kHolder)), ErrorCode::kNotFound) << each.name;
    }
}

TEST(Tickets, OfSshdAreUsedByItsParentOnATerminalThatHasAName) {
  LoginRequest request = Sato();
  request.service = "sshd";
  request.tty = "ssh";
  const TicketHolder session{kSato, "sshd", "/dev/pts/0", request.parent};
  Registry registry;
  EXPECT_TRUE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), session).ok());
  // Once it has a name, no other terminal will do.
  request.tty = "/dev/pts/1";
  EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), session).ok());
  request.tty = "ssh";
  // "ssh" is a terminal without a name for sshd alone.
  request.service = "login";
  const TicketHolder other{kSato, "login", "/dev/pts/0", request.parent};
  EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), other).ok());
}

// GDM asks on its own terminal and opens the session on the one that it has found for it.
TEST(Tickets, OfGdmAreUsedByItsWorkerOnTheTerminalFoundForTheSession) {
  LoginRequest request = Sato();
  request.service = "gdm-password";
  request.tty = "/dev/tty1";
  Registry registry;
  const TicketHolder session{kSato, "gdm-password", "/dev/tty2", request.process};
  EXPECT_TRUE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), session).ok());
  const TicketHolder parent{kSato, "gdm-password", "/dev/tty2", request.parent};
  EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), parent).ok());
}

// sudo proves who asks, and opens the session of whom it becomes.
TEST(Tickets, OfSudoAreUsedByItselfForWhomItBecomes) {
  for (const char* const service : {"sudo", "sudo-i"}) {
    LoginRequest request = Sato();
    request.service = service;
    Registry registry;
    const TicketHolder session{0, service, "tty1", request.process};
    EXPECT_TRUE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), session).ok()) << service;
    const TicketHolder parent{0, service, "tty1", request.parent};
    EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), parent).ok()) << service;
    // The account that is used is still that of who asked.
    EXPECT_FALSE(registry.tickets.Look(registry.tickets.Issue(Granted(request)).value(), session).ok()) << service;
    const TicketHolder nobody{model::kNobody, service, "tty1", request.process};
    EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), nobody).ok()) << service;
  }
}

TEST(Tickets, ArePassedToNoInit) {
  LoginRequest request = Sato();
  request.parent = {1, 5};
  Registry registry;
  const TicketHolder init{kSato, "login", "tty1", {1, 5}};
  EXPECT_FALSE(registry.tickets.Use(registry.tickets.Issue(Granted(request)).value(), init).ok());
}

TEST(Tickets, LiveShortOnTheBootClock) {
  Registry registry;
  const std::string first = registry.tickets.Issue(Granted()).value();
  registry.clock.Advance(std::chrono::minutes{2} - std::chrono::microseconds{1});
  registry.clock.SetWall({});
  EXPECT_TRUE(registry.tickets.Look(first, kHolder).ok());
  registry.clock.Advance(std::chrono::microseconds{1});
  EXPECT_EQ(CodeOf(registry.tickets.Use(first, kHolder)), ErrorCode::kExpired);
  EXPECT_EQ(CodeOf(registry.tickets.Use(first, kHolder)), ErrorCode::kNotFound);
  const std::string second = registry.tickets.Issue(Granted()).value();
  registry.clock.Advance(-std::chrono::microseconds{1});
  EXPECT_EQ(CodeOf(registry.tickets.Use(second, kHolder)), ErrorCode::kExpired);
}

TEST(Tickets, AreBoundedAndTheOldMakeRoom) {
  Registry registry;
  for (int issued = 0; issued < 3; ++issued)
    ASSERT_TRUE(registry.tickets.Issue(Granted()).ok());
  const Result<std::string> more = registry.tickets.Issue(Granted());
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().code, ErrorCode::kFull);
  registry.clock.Advance(std::chrono::minutes{2});
  EXPECT_TRUE(registry.tickets.Issue(Granted()).ok());
  EXPECT_EQ(registry.tickets.open(), 1U);
}

TEST(Tickets, NeedChance) {
  Registry registry;
  registry.random.Fail(Error{ErrorCode::kUnavailable, "random", "none"});
  EXPECT_FALSE(registry.tickets.Issue(Granted()).ok());
  registry.random.Fail(std::nullopt);
  registry.random.Repeat(true);
  ASSERT_TRUE(registry.tickets.Issue(Granted()).ok());
  EXPECT_FALSE(registry.tickets.Issue(Granted()).ok());
  EXPECT_EQ(registry.tickets.open(), 1U);
}

TEST(Tickets, AreForGrantedLoginsOfKnownUsersAndProcessesOnly) {
  Registry registry;
  model::Receipt denied = Granted();
  denied.result = LoginResult::kDenied;
  model::Receipt nobody = Granted(NobodyAtAll());
  model::Receipt no_uid = Granted();
  no_uid.request.user->uid = model::kNobody;
  model::Receipt no_process = Granted();
  no_process.request.process = {};
  model::Receipt no_start = Granted();
  no_start.request.process.started = 0;
  for (const model::Receipt& each : {denied, nobody, no_uid, no_process, no_start})
    EXPECT_EQ(registry.tickets.Issue(each).error().code, ErrorCode::kInvalid);
}

TEST(Tickets, ThatAreNoneAreNotFound) {
  Registry registry;
  ASSERT_TRUE(registry.tickets.Issue(Granted()).ok());
  for (const std::string& ticket : {std::string(), std::string(64, '0'), std::string(100000, 'f')})
    EXPECT_EQ(CodeOf(registry.tickets.Use(ticket, kHolder)), ErrorCode::kNotFound);
  EXPECT_EQ(registry.tickets.open(), 1U);
}

}  // namespace
}  // namespace sekimori::login::tests
