// A terminal moved to another group by sekimorictl: signed for it alone, carried over TLS, judged, recorded and kept.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/store/sqlite_database.h"
#include "tests/component/ctl/ctl_site.h"
#include "tests/component/moving/desk.h"

namespace sekimori::testing {
namespace {

constexpr const char* kObserve = "mode = \"observe\"\n";
constexpr const char* kEnforce = "mode = \"enforce\"\n";

class Moving : public ::testing::Test {
 protected:
  // Two groups with a policy each, and a terminal in the first that has taken its policy.
  void SetUp() override {
    office_ = site_.ApplyPolicy("office", kObserve);
    counter_ = site_.ApplyPolicy("counter", kEnforce);
    Join(desk_);
  }
  void Join(Desk& desk) {
    desk.Enrol(site_.MakeToken(1, "office").text);
    ASSERT_TRUE(desk.Eventually([&] { return desk.PolicyVersion() == office_; })) << site_.journal().All();
  }

  [[nodiscard]] ctl::Ran Ctl(std::vector<std::string> arguments) {
    std::vector<std::string> all{"--json", "--data", site_.directory().string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return ctl::RunProgram(SEKIMORICTL, all, {"SEKIMORI_LANG=en", "TZ=UTC"});
  }
  // The version of the policy that takes it there.
  [[nodiscard]] std::uint64_t Move(const Desk& desk, const std::string& group) {
    const ctl::Ran moved = Ctl({"terminal", "group", desk.id(), group});
    EXPECT_EQ(0, moved.status) << moved.err;
    return moved.json()["version"].get<std::uint64_t>();
  }
  [[nodiscard]] std::uint64_t Awaited(const Desk& desk) {
    return Ctl({"terminal", "show", desk.id()}).json()["awaited_move"].get<std::uint64_t>();
  }
  [[nodiscard]] static std::vector<std::pair<std::uint64_t, std::string>> InForce(Desk& desk) {
    std::vector<std::pair<std::uint64_t, std::string>> policies;
    for (const auto& record : desk.records().Of<model::PolicyInForce>())
      policies.emplace_back(record.version, record.group);
    return policies;
  }
  // The registry as it was before a move.
  void PutBack(const Desk& desk, const std::string& group) {
    sqlite3* database = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_open((site_.directory() / store::kDatabaseFile).c_str(), &database));
    const std::string sql = "UPDATE terminals SET \"group\"='" + group + "' WHERE id='" + desk.id() + "'";
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr)) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  [[nodiscard]] static std::size_t Refused(Desk& desk) { return desk.records().Of<model::PolicyRefused>().size(); }

  Site site_;
  Desk desk_{1};
  std::uint64_t office_ = 0, counter_ = 0;
};

TEST_F(Moving, AConnectedTerminalIsUnderTheNewGroupsPolicyWithinSeconds) {
  Desk stayer(2);
  Join(stayer);
  const std::uint64_t move = Move(desk_, "counter");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(counter_ + 1, move);
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == move; })) << site_.journal().All();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1500));

  const ports::StatusReport status = desk_.Status();
  EXPECT_EQ(model::Mode::kEnforce, status.mode);
  EXPECT_EQ("counter", status.link.group);
  EXPECT_EQ(ports::LinkPhase::kConnected, status.link.phase);
  EXPECT_EQ("counter", desk_.stored_group());
  EXPECT_EQ(std::pair(move, std::string("counter")), InForce(desk_).back());
  EXPECT_TRUE(desk_.Eventually([&] { return Awaited(desk_) == 0; }));
  const store::Terminal stored = site_.reader().FindTerminal(desk_.id()).value();
  EXPECT_EQ("counter", stored.group);
  EXPECT_EQ(move, stored.policy_version);
  EXPECT_TRUE(stored.policy_report.in_force);

  const std::uint64_t next = site_.ApplyPolicy("counter", kObserve);
  EXPECT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == next; })) << "a member like any other";
  const std::uint64_t left_behind = site_.ApplyPolicy("office", kEnforce);
  EXPECT_TRUE(stayer.Eventually([&] { return stayer.PolicyVersion() == left_behind; }));
  EXPECT_EQ("office", stayer.Status().link.group);
  EXPECT_EQ(next, desk_.PolicyVersion());
  EXPECT_EQ(0U, Refused(desk_) + Refused(stayer));
  EXPECT_EQ(0, Ctl({"verify"}).status);
}

// Meanwhile its new group got a policy that only members take, and its old group one that is newer still.
TEST_F(Moving, ATerminalThatIsAwayFollowsAtItsNextHello) {
  desk_.Stop();
  const std::uint64_t move = Move(desk_, "counter");
  const std::uint64_t newest = site_.ApplyPolicy("counter", "mode = \"enforce\"\nname = \"newest\"\n");
  (void)site_.ApplyPolicy("office", kEnforce);
  EXPECT_EQ(move, Awaited(desk_));
  EXPECT_EQ("office", desk_.stored_group());

  desk_.Start();
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == newest; })) << site_.journal().All();
  const std::vector<std::pair<std::uint64_t, std::string>> expected{
      {office_, "office"}, {office_, "office"}, {move, "counter"}, {newest, "counter"}};
  const auto recorded = InForce(desk_);
  EXPECT_EQ(expected, decltype(recorded)(recorded.end() - 4, recorded.end())) << "taken, kept over the start, moved";
  EXPECT_EQ(0U, Refused(desk_));
  EXPECT_EQ("counter", desk_.Status().link.group);
  EXPECT_TRUE(desk_.Eventually([&] { return Awaited(desk_) == 0; }));

  desk_.Stop();
  desk_.Start();
  EXPECT_EQ(newest, desk_.PolicyVersion());
  EXPECT_TRUE(desk_.Eventually([&] { return desk_.Status().link.phase == ports::LinkPhase::kConnected; }));
  EXPECT_EQ("counter", desk_.Status().link.group);
}

TEST_F(Moving, WhoMovesTwiceWhileAwayTakesTheLastMoveOnly) {
  (void)site_.ApplyPolicy("archive", kObserve);
  desk_.Stop();
  (void)Move(desk_, "counter");
  const std::uint64_t last = Move(desk_, "archive");
  desk_.Start();
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == last; })) << site_.journal().All();
  EXPECT_EQ("archive", desk_.stored_group());
  EXPECT_EQ(0U, Refused(desk_));
}

TEST_F(Moving, AndBackAgain) {
  const std::uint64_t there = Move(desk_, "counter");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == there; }));
  const std::uint64_t back = Move(desk_, "office");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == back; }));
  EXPECT_EQ("office", desk_.Status().link.group);
  EXPECT_EQ(0U, Refused(desk_));
}

// Whoever carries policies has kept some. None of them moves anybody.
TEST_F(Moving, WhatACarrierKeptIsRefused) {
  Desk other(2);
  Join(other);
  const std::uint64_t first = Move(desk_, "counter");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == first; }));
  const std::uint64_t back = Move(desk_, "office");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == back; }));
  const std::uint64_t others = Move(other, "counter");
  const std::uint64_t counters = site_.ApplyPolicy("counter", kObserve);
  for (const std::uint64_t version : {first, others, counters}) {
    const std::size_t refused = Refused(desk_);
    desk_.Show(site_.reader().FindPolicy(version).value().signed_document);
    ASSERT_EQ(refused + 1, Refused(desk_)) << version;
    EXPECT_EQ("conflict", desk_.records().Of<model::PolicyRefused>().back().error_code);
    EXPECT_EQ(version, desk_.records().Of<model::PolicyRefused>().back().offered_version);
  }
  EXPECT_EQ(back, desk_.PolicyVersion());
  EXPECT_EQ("office", desk_.stored_group());
}

TEST_F(Moving, ToAGroupWithoutPolicyIsRefusedAndTheTerminalStaysAMember) {
  const ctl::Ran refused = Ctl({"terminal", "group", desk_.id(), "nobody"});
  EXPECT_EQ(3, refused.status);
  EXPECT_EQ("office", site_.reader().FindTerminal(desk_.id()).value().group);
  const std::uint64_t next = site_.ApplyPolicy("office", kEnforce);
  EXPECT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == next; }));
}

// Shut, kept, recorded, let in: what the new group forbids does not wait for the log.
TEST_F(Moving, AMoveIsRecordedAsSoonAsTheLogTakesIt) {
  desk_.records().Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  const std::uint64_t move = Move(desk_, "counter");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == move; })) << site_.journal().All();
  EXPECT_EQ("counter", desk_.stored_group());
  EXPECT_EQ(std::pair(office_, std::string("office")), InForce(desk_).back());
  desk_.records().Fail(std::nullopt);
  desk_.Pass(core::Recorder::kSlowestRetry);
  EXPECT_EQ(std::pair(move, std::string("counter")), InForce(desk_).back());
}

// The registry was put back to before the move. The terminal does not believe it, until it is told by a move.
TEST_F(Moving, ATerminalTheRegistryHasElsewhereIsMovedAgain) {
  const std::uint64_t move = Move(desk_, "counter");
  ASSERT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == move && Awaited(desk_) == 0; }));
  PutBack(desk_, "office");
  const std::uint64_t offices = site_.ApplyPolicy("office", kObserve);
  ASSERT_TRUE(desk_.Eventually([&] { return Refused(desk_) == 1; })) << site_.journal().All();
  EXPECT_EQ(move, desk_.PolicyVersion());
  EXPECT_EQ("counter", desk_.stored_group());
  const ctl::Ran moved = Ctl({"terminal", "group", desk_.id(), "office", "--again"});
  EXPECT_EQ(offices + 1, moved.json()["version"]) << moved.err;
  EXPECT_TRUE(desk_.Eventually([&] { return desk_.PolicyVersion() == offices + 1; })) << site_.journal().All();
  EXPECT_EQ("office", desk_.stored_group());
}

}  // namespace
}  // namespace sekimori::testing
