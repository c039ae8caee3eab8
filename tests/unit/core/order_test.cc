// Record before you grant; refuse before you record.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

const Error kDiskFull{ErrorCode::kFull, "log.db", "no space left on device"};

TEST(Order, LetsInOnlyAfterTheJudgementIsDurable) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  bool recorded_first = false;
  terminal.gate.OnCall([&](const Call& call) {
    if (call.act == Act::kAdmitDevice && call.port_path == "1-2") recorded_first = !terminal.Judged("1-2").empty();
  });
  terminal.Start();
  terminal.Plug(Stick());
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_TRUE(recorded_first);
}

TEST(Order, LetsNothingInWhileTheLogRefuses) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.log.Fail(kDiskFull);
  terminal.Plug(Stick());
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Calls(Act::kAdmitDevice, "1-2"), 0);
  EXPECT_TRUE(terminal.HasTrouble("log"));
}

TEST(Order, LetsInOnceTheLogRecovers) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.log.Fail(kDiskFull);
  terminal.Plug(Stick());
  terminal.log.Fail(std::nullopt);
  ASSERT_TRUE(terminal.decider->NextDeadline());
  terminal.Pass(Recorder::kFirstRetry);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Judged("1-2").size(), 1U);
  EXPECT_FALSE(terminal.HasTrouble("log"));
}

TEST(Order, RefusesAlthoughTheLogRefuses) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.log.Fail(kDiskFull);
  terminal.Enforce();
  terminal.Reload();
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Order, RefusesBeforeItRecords) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  std::size_t judged_at_refusal = 99;
  terminal.gate.OnCall([&](const Call& call) {
    if (call.act == Act::kRefuse) judged_at_refusal = terminal.Judged("1-2").size();
  });
  terminal.Enforce();
  terminal.Reload();
  EXPECT_EQ(judged_at_refusal, 1U);  // only the one of the observing time
  EXPECT_EQ(terminal.Judged("1-2").size(), 2U);
}

TEST(Order, AsksAFailingLogLessAndLessOften) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.log.Fail(kDiskFull);
  const int before = terminal.log.attempts();
  terminal.Plug(Stick());
  for (int i = 0; i < 60; ++i)
    terminal.Pass(std::chrono::seconds{1});
  EXPECT_GE(terminal.log.attempts() - before, 5);
  EXPECT_LE(terminal.log.attempts() - before, 10);
}

TEST(Order, WritesOneGroupForEverythingFoundAtOnce) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Stick("1-2"));
  terminal.gate.Plug(Stick("1-3"));
  terminal.gate.Plug(Stick("1-4"));
  terminal.Start();
  bool together = false;
  for (const auto& group : terminal.log.groups()) {
    int judged = 0;
    for (const model::Event& event : group)
      if (std::holds_alternative<model::DeviceJudged>(event.body)) ++judged;
    together = together || judged == 4;  // three sticks and the root hub
  }
  EXPECT_TRUE(together);
}

TEST(Order, CountsWhatItHadToGiveUpAndRecordsWhatStillHolds) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.log.Fail(kDiskFull);
  terminal.Plug(Stick("1-3"));
  for (std::size_t i = 0; i < Recorder::kMaxKept; ++i) {
    const std::string port = "1-" + std::to_string(10 + i);
    terminal.Plug(Stick(port));
    terminal.Pull(port);
  }
  terminal.log.Fail(std::nullopt);
  terminal.Pass(Recorder::kSlowestRetry);
  const auto lost = terminal.log.Of<model::NoticesLost>();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].source, "audit_log");
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().size(), 2U);  // at the start, and afresh
  EXPECT_EQ(terminal.Judged("1-3").size(), 1U);
  EXPECT_TRUE(terminal.Open("1-3"));
}

TEST(Order, RecordsAFailedGrantAndRefusesTheDevice) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.gate.FailOn(Act::kAdmitDevice, Error{ErrorCode::kIo, "1-2/authorized", "input/output error"});
  terminal.Plug(Stick());
  const auto failed = terminal.log.Of<model::EnforcementFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].device.port_path, "1-2");
  EXPECT_EQ(terminal.Calls(Act::kRefuse, "1-2"), 1);
  EXPECT_TRUE(terminal.HasTrouble("enforcement"));
  terminal.gate.FailOn(Act::kAdmitDevice, std::nullopt);
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.HasTrouble("enforcement"));
}

TEST(Order, RecordsAFailedRefusalOnceAndTriesAgain) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.gate.FailOn(Act::kRefuse, Error{ErrorCode::kIo, "1-2/authorized", "input/output error"});
  terminal.Enforce();
  terminal.Reload();
  terminal.Pass(Enforcing::kFirstRetry);
  terminal.Pass(2 * Enforcing::kFirstRetry);
  EXPECT_GE(terminal.Calls(Act::kRefuse, "1-2"), 3);
  EXPECT_EQ(terminal.log.Of<model::EnforcementFailed>().size(), 1U);
  terminal.gate.FailOn(Act::kRefuse, std::nullopt);
  terminal.Pass(4 * Enforcing::kFirstRetry);
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Order, TriesAFailingRefusalLessAndLessOftenWhateverElseHappens) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.gate.FailOn(Act::kRefuse, Error{ErrorCode::kIo, "1-2/authorized", "input/output error"});
  terminal.Enforce();
  terminal.Reload();
  for (int i = 0; i < 600; ++i) {
    terminal.Plug(Keyboard("1-3"));
    terminal.Pull("1-3");
    terminal.Pass(std::chrono::seconds{1});
  }
  EXPECT_GE(terminal.Calls(Act::kRefuse, "1-2"), 10);
  EXPECT_LE(terminal.Calls(Act::kRefuse, "1-2"), 20);
  terminal.gate.FailOn(Act::kRefuse, std::nullopt);
  terminal.Pass(Enforcing::kSlowestRetry);
  EXPECT_FALSE(terminal.Open("1-2"));
  terminal.gate.FailOn(Act::kRefuse, Error{ErrorCode::kIo, "1-2/authorized", "input/output error"});
  terminal.gate.Tamper("1-2", {true, {0}});
  terminal.Pass(std::chrono::seconds{60});
  terminal.gate.FailOn(Act::kRefuse, std::nullopt);
  terminal.Pass(Enforcing::kFirstRetry);
  EXPECT_FALSE(terminal.Open("1-2"));  // another trouble starts with the first patience again
}

TEST(Order, RecordsOnceThatAnotherHandOpenedWhatCannotBeShut) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.gate.FailOn(Act::kRefuse, Error{ErrorCode::kIo, "1-2/authorized", "input/output error"});
  terminal.gate.Tamper("1-2", {true, {0}});
  terminal.Look();
  terminal.Run();
  terminal.Pass(std::chrono::minutes{10});
  ASSERT_EQ(terminal.log.Of<model::BarrierTampered>().size(), 1U);
  EXPECT_FALSE(terminal.log.Of<model::BarrierTampered>()[0].restored);
}

TEST(Upkeep, ClearsOldRecordsAwayUntilNothingIsDueThenOnceADay) {
  Terminal terminal;
  terminal.Observe();
  terminal.log.NeedPrunes(20);
  terminal.Start();
  for (int i = 0; i < 60; ++i)
    terminal.Pass(std::chrono::seconds{1});
  EXPECT_EQ(terminal.log.prunes(), 20);
  terminal.Pass(std::chrono::hours{24});
  EXPECT_EQ(terminal.log.prunes(), 21);
}

}  // namespace
}  // namespace sekimori::core::tests
