// Observe and enforce, release and close, stopping.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Observe, RecordsWhatEnforcingWouldHaveDoneAndRefusesNothing) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  EXPECT_TRUE(terminal.Open("1-2"));
  ASSERT_EQ(terminal.Judged("1-2").size(), 1U);
  EXPECT_EQ(terminal.Judged("1-2")[0].decision.verdict, model::Verdict::kDeny);
  EXPECT_EQ(terminal.Judged("1-2")[0].mode, model::Mode::kObserve);
}

TEST(Observe, AfterEnforcingOpensTheBarrierAndLetsInWhatWasShut) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_FALSE(terminal.Open("1-2"));
  ASSERT_TRUE(terminal.store.marker);
  bool recorded_first = false;
  terminal.gate.OnCall([&](const Call& call) {
    if (call.act == Act::kOpenBarrier)
      recorded_first = terminal.log.Of<model::PolicyInForce>().back().mode == model::Mode::kObserve;
  });
  terminal.Observe();
  terminal.Reload();
  EXPECT_TRUE(recorded_first);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_FALSE(terminal.store.marker);
}

TEST(Observe, AfterARunThatEnforcedOpensTheBarrierToo) {
  Terminal terminal;
  (void)terminal.gate.CloseBarrier();
  terminal.gate.Plug(Stick());
  terminal.store.marker = true;
  terminal.Observe();
  terminal.Start();
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_FALSE(terminal.store.marker);
}

TEST(Observe, DoesNotOpenWhatItNeverClosed) {
  Terminal terminal;
  (void)terminal.gate.CloseBarrier();  // the site's own kernel command line
  terminal.gate.Plug(Stick());
  terminal.gate.ForgetCalls();
  terminal.Observe();
  terminal.Start();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.gate.calls().empty());
}

TEST(Observe, KeepsShutUntilTheChangeIsRecorded) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.log.Fail(Error{ErrorCode::kIo, "log.db", "input/output error"});
  terminal.Observe();
  terminal.Reload();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  terminal.log.Fail(std::nullopt);
  terminal.Pass(Recorder::kSlowestRetry);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
}

TEST(Observe, ForcedTouchesNothingWhateverThePolicySays) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Stick());
  Settings settings;
  settings.force_observe = true;
  terminal.Start(settings);
  terminal.Reload();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_TRUE(terminal.gate.calls().empty());
  EXPECT_FALSE(terminal.store.marker);
  EXPECT_EQ(terminal.Judged("1-2")[0].mode, model::Mode::kObserve);
}

// The way back for whoever is locked out.
TEST(Observe, ForcedAfterARunThatEnforcedOpensWhatThatRunShut) {
  Terminal terminal;
  terminal.Enforce();
  (void)terminal.gate.CloseBarrier();
  terminal.store.marker = true;
  terminal.gate.Plug(Keyboard());
  terminal.gate.ForgetCalls();
  bool recorded_first = true;
  terminal.gate.OnCall([&](const Call&) {
    const auto in_force = terminal.log.Of<model::PolicyInForce>();
    recorded_first = recorded_first && !in_force.empty() && in_force.back().mode == model::Mode::kObserve;
  });
  Settings settings;
  settings.force_observe = true;
  terminal.Start(settings);
  EXPECT_TRUE(terminal.Open("1-1"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_FALSE(terminal.store.marker);
  EXPECT_TRUE(recorded_first);
  terminal.gate.ForgetCalls();
  terminal.Reload();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_TRUE(terminal.gate.calls().empty());  // from then on it touches nothing
}

TEST(Enforce, ADecisionThatWasOnlyObservedIsRecordedAgainWhenItBites) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.Enforce();
  terminal.Reload();
  ASSERT_EQ(terminal.Judged("1-2").size(), 2U);
  EXPECT_EQ(terminal.Judged("1-2")[1].mode, model::Mode::kEnforce);
  EXPECT_TRUE(terminal.store.marker);
}

TEST(Release, IsRecordedFirstAndOpensEverything) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  bool recorded_first = true;
  terminal.gate.OnCall(
      [&](const Call&) { recorded_first = recorded_first && !terminal.log.Of<model::BarrierReleased>().empty(); });
  const ports::Answer answer = terminal.Ask(ports::OrderRelease{"disaster drill"});
  EXPECT_TRUE(std::holds_alternative<ports::Done>(answer));
  EXPECT_TRUE(recorded_first);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_EQ(terminal.log.Of<model::BarrierReleased>()[0].reason, "disaster drill");
  EXPECT_EQ(terminal.Judged("1-2").back().decision.basis, model::Basis::kReleased);
  EXPECT_TRUE(terminal.store.marker);  // the next start closes again
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_TRUE(terminal.log.Of<model::BarrierTampered>().empty());
  terminal.Plug(Stick("1-3"));
  EXPECT_TRUE(terminal.Open("1-3"));
}

TEST(Release, NamesThePersonBehindRoot) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  (void)terminal.Ask(ports::OrderRelease{"drill", "tanaka"});
  (void)terminal.Ask(ports::OrderClose{"drill over", "suzuki (sudo)"});
  EXPECT_EQ(terminal.log.Of<model::BarrierReleased>()[0].user, "tanaka");
  EXPECT_EQ(terminal.log.Of<model::BarrierClosed>()[0].user, "suzuki (sudo)");
}

TEST(Release, DoesNotHappenUnrecorded) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  const ports::Answer answer = terminal.Ask(ports::OrderRelease{"drill"});
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_FALSE(terminal.Open("1-2"));
  terminal.log.Fail(std::nullopt);
  terminal.Pass(Recorder::kSlowestRetry);
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.log.Of<model::BarrierReleased>().empty());
}

TEST(Release, IsRefusedWhileObserving) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const ports::Answer answer = terminal.Ask(ports::OrderRelease{"drill"});
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_EQ(std::get<Error>(answer).code, ErrorCode::kConflict);
}

TEST(Release, ForARemovalIsRecordedWhileObservingAndTouchesNothing) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  bool touched = false;
  terminal.gate.OnCall([&](const Call&) { touched = true; });
  const ports::Answer answer = terminal.Ask(ports::OrderRelease{"package removed", "tanaka", true});
  EXPECT_TRUE(std::holds_alternative<ports::Done>(answer));
  ASSERT_EQ(terminal.log.Of<model::BarrierReleased>().size(), 1U);
  EXPECT_TRUE(terminal.log.Of<model::BarrierReleased>()[0].removal);
  EXPECT_EQ(terminal.log.Of<model::BarrierReleased>()[0].user, "tanaka");
  EXPECT_FALSE(touched);
  EXPECT_FALSE(terminal.Status().released);
}

TEST(Release, ForARemovalIsRecordedAlthoughTheBarrierIsOpenAlready) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  (void)terminal.Ask(ports::OrderRelease{"drill"});
  const ports::Answer answer = terminal.Ask(ports::OrderRelease{"package removed", "", true});
  EXPECT_TRUE(std::holds_alternative<ports::Done>(answer));
  ASSERT_EQ(terminal.log.Of<model::BarrierReleased>().size(), 2U);
  EXPECT_TRUE(terminal.log.Of<model::BarrierReleased>()[1].removal);
}

TEST(Release, ForARemovalOpensWhatIsShut) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  (void)terminal.Ask(ports::OrderRelease{"package removed", "", true});
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.gate.ReadBarrier().value().closed);
}

TEST(Release, SurvivesNoRestart) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  (void)terminal.Ask(ports::OrderRelease{"drill"});
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.source.Stop();
  terminal.Start();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
}

TEST(Close, ShutsAgainAndIsRecorded) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  (void)terminal.Ask(ports::OrderRelease{"drill"});
  const ports::Answer answer = terminal.Ask(ports::OrderClose{"drill over"});
  EXPECT_TRUE(std::holds_alternative<ports::Done>(answer));
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  ASSERT_EQ(terminal.log.Of<model::BarrierClosed>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::BarrierClosed>()[0].user, "root");
  EXPECT_TRUE(terminal.log.Of<model::BarrierTampered>().empty());
}

TEST(Close, ShutsAlthoughTheLogRefuses) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  (void)terminal.Ask(ports::OrderRelease{"drill"});
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  (void)terminal.Ask(ports::OrderClose{"drill over"});
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Stop, LeavesTheDoorShutAndTheLogSigned) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  terminal.gate.ForgetCalls();
  terminal.queue->RequestStop("SIGTERM");
  terminal.Run();
  EXPECT_FALSE(terminal.running);
  EXPECT_TRUE(terminal.gate.calls().empty());
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.Open("1-3"));
  EXPECT_EQ(terminal.log.Of<model::AgentStopping>().at(0).reason, "SIGTERM");
  EXPECT_GE(terminal.log.checkpoints(), 1);
  EXPECT_TRUE(terminal.log.clean());
}

TEST(Stop, ThatCannotBeRecordedIsNotCalledClean) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  terminal.queue->RequestStop("SIGTERM");
  terminal.Run();
  EXPECT_FALSE(terminal.log.clean());
}

}  // namespace
}  // namespace sekimori::core::tests
