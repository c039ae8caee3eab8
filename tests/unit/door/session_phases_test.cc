// The account and session phases at the door: with a ticket, without, with somebody else's.
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/door/entrance.h"

namespace sekimori::door::tests {
namespace {

using model::SessionGround;
using model::SessionPhase;
using testing::IsEmpty;
using testing::SizeIs;

TEST(SessionPhases, FollowALogin) {
  Entrance entrance;
  const std::string ticket = entrance.Authenticate().ticket;
  EXPECT_EQ(entrance.Enter(kLoginAccount, ticket.c_str()).result, kLoginGranted);
  EXPECT_THAT(entrance.journal.sessions(), IsEmpty()) << "the login's own record tells it all";
  EXPECT_EQ(entrance.Enter(kLoginOpenSession, ticket.c_str()).result, kLoginGranted);
  EXPECT_EQ(entrance.Enter(kLoginCloseSession, "").result, kLoginGranted);
  const std::vector<model::SessionJudged> records = entrance.journal.sessions();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].phase, SessionPhase::kOpen);
  EXPECT_TRUE(records[0].allowed);
  EXPECT_EQ(records[0].ground, SessionGround::kTicket);
  EXPECT_THAT(records[0].classes, SizeIs(2));
  EXPECT_EQ(records[0].place.user, (model::Account{kYamada, "yamada"}));
  EXPECT_EQ(records[0].policy_version, 7U);
  EXPECT_EQ(records[1].phase, SessionPhase::kClose);
  EXPECT_TRUE(records[1].allowed);
  EXPECT_EQ(records[1].ground, SessionGround::kClosed);
}

TEST(SessionPhases, GiveNoTicketAway) {
  Entrance entrance;
  const std::string ticket = entrance.Authenticate().ticket;
  for (const LoginPhase phase : {kLoginAccount, kLoginOpenSession, kLoginCloseSession})
    EXPECT_STREQ(entrance.Enter(phase, ticket.c_str()).ticket, "");
}

TEST(SessionPhases, TakeATicketOnce) {
  Entrance entrance;
  const std::string ticket = entrance.Authenticate().ticket;
  EXPECT_EQ(entrance.Enter(kLoginOpenSession, ticket.c_str()).result, kLoginGranted);
  EXPECT_EQ(entrance.Enter(kLoginOpenSession, ticket.c_str()).result, kLoginDenied);
  EXPECT_EQ(entrance.Enter(kLoginAccount, ticket.c_str()).result, kLoginDenied);
  EXPECT_EQ(entrance.journal.sessions().back().ground, SessionGround::kBadTicket);
}

TEST(SessionPhases, WithoutATicketAreDeniedOrReportedByPolicy) {
  for (const policy::WithoutTicket action : {policy::WithoutTicket::kDeny, policy::WithoutTicket::kReport}) {
    Entrance entrance;
    entrance.policy.sessions = {{.id = "cron", .action = action, .match = {.services = {"login"}}}};
    entrance.policies.Set(entrance.policy);
    const bool report = action == policy::WithoutTicket::kReport;
    for (const LoginPhase phase : {kLoginAccount, kLoginOpenSession}) {
      EXPECT_EQ(entrance.Enter(phase, "").result, report ? kLoginGranted : kLoginDenied);
      EXPECT_EQ(entrance.journal.sessions().back().allowed, report);
      EXPECT_EQ(entrance.journal.sessions().back().rule, "cron");
      EXPECT_EQ(entrance.journal.sessions().back().ground,
                report ? SessionGround::kReported : SessionGround::kNoTicket);
    }
    EXPECT_THAT(entrance.journal.sessions(), SizeIs(2));
  }
}

TEST(SessionPhases, KnowRootFromAUserWhoseProgramRunsAsRoot) {
  Entrance entrance;
  entrance.policy.sessions = {{.id = "root", .action = policy::WithoutTicket::kReport, .match = {.by_root = true}}};
  entrance.policies.Set(entrance.policy);
  for (const auto& [uid, started_by, allowed] :
       {std::tuple{0U, 0U, true}, std::tuple{0U, kYamada, false}, std::tuple{0U, model::kNobody, false},
        std::tuple{kYamada, 0U, false}}) {
    ports::LoginPeer peer = kRoot;
    peer.uid = uid;
    peer.started_by = started_by;
    EXPECT_EQ(entrance.Enter(kLoginAccount, "", peer).result, allowed ? kLoginGranted : kLoginDenied)
        << uid << " " << started_by;
  }
}

TEST(SessionPhases, AreGrantedOnlyWhenRecorded) {
  Entrance entrance;
  const std::string ticket = entrance.Authenticate().ticket;
  entrance.policy.sessions = {{.id = "all", .action = policy::WithoutTicket::kReport, .match = {}}};
  entrance.policies.Set(entrance.policy);
  entrance.journal.Fail(Error{ErrorCode::kFull, "log", "full"});
  EXPECT_EQ(entrance.Enter(kLoginAccount, "").result, kLoginUnavailable);
  EXPECT_EQ(entrance.Enter(kLoginOpenSession, ticket.c_str()).result, kLoginUnavailable);
  EXPECT_EQ(entrance.Enter(kLoginOpenSession, "").result, kLoginUnavailable);
  entrance.journal.Fail(std::nullopt);
  EXPECT_EQ(entrance.Enter(kLoginCloseSession, "").result, kLoginDenied) << "none was opened";
}

TEST(SessionPhases, AskNothing) {
  Entrance entrance;
  for (const LoginPhase phase : {kLoginAccount, kLoginOpenSession, kLoginCloseSession}) {
    fakes::FakeLoginLine line;
    line.Begin(BeginOf(phase));
    entrance.door.Serve(line, kRoot);
    EXPECT_THAT(line.prompts(), IsEmpty());
    EXPECT_TRUE(line.verdict().has_value());
    EXPECT_TRUE(line.ended());
  }
}

TEST(SessionPhases, AreRefusedToWhoAsksAboutOthers) {
  Entrance entrance;
  const std::string ticket = entrance.Authenticate().ticket;
  for (const LoginPhase phase : {kLoginAccount, kLoginOpenSession, kLoginCloseSession})
    EXPECT_EQ(entrance.Enter(phase, ticket.c_str(), kOther).result, kLoginDenied);
  EXPECT_THAT(entrance.journal.sessions(), SizeIs(3));
  EXPECT_EQ(entrance.tickets.open(), 1U) << "nobody may withdraw another's ticket by asking";
}

TEST(SessionPhases, AreRefusedWhenNobodyKnowsWhoItIs) {
  Entrance entrance;
  entrance.policy.sessions = {{.id = "all", .action = policy::WithoutTicket::kReport, .match = {}}};
  entrance.policies.Set(entrance.policy);
  entrance.users.Fail(Error{ErrorCode::kTimeout, "name service", "no answer in time"});
  for (const LoginPhase phase : {kLoginAccount, kLoginOpenSession, kLoginCloseSession}) {
    EXPECT_EQ(entrance.Enter(phase, "").result, kLoginUnavailable);
    EXPECT_FALSE(entrance.journal.sessions().back().allowed);
    EXPECT_EQ(entrance.journal.sessions().back().ground, SessionGround::kUndecided);
  }
}

TEST(SessionPhases, AGrantIsNotSentToAModuleThatSpokeOutOfTurn) {
  Entrance entrance;
  entrance.policy.sessions = {{.id = "all", .action = policy::WithoutTicket::kReport, .match = {}}};
  entrance.policies.Set(entrance.policy);
  fakes::FakeLoginLine line;
  line.Disturb(true);
  line.Begin(BeginOf(kLoginOpenSession));
  entrance.door.Serve(line, kRoot);
  EXPECT_EQ(line.verdict().value_or(::LoginVerdict{}).result, 0);
}

}  // namespace
}  // namespace sekimori::door::tests
