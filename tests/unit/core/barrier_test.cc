// The barrier stays closed, and what another hand changes is put back and recorded.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

std::vector<model::BarrierTampered> Tampering(const Terminal& terminal) {
  return terminal.log.Of<model::BarrierTampered>();
}

TEST(Barrier, ClosesBeforeAnyDeviceIsJudged) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Stick());
  terminal.Start();
  ASSERT_FALSE(terminal.gate.calls().empty());
  EXPECT_EQ(terminal.gate.calls().front().act, Act::kCloseBarrier);
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Barrier, IsNotTouchedWhileObserving) {
  Terminal terminal;
  terminal.Observe();
  terminal.gate.Plug(Stick());
  terminal.Start();
  terminal.Plug(Keyboard());
  terminal.Pass(std::chrono::minutes{10});
  EXPECT_TRUE(terminal.gate.calls().empty());
}

TEST(Barrier, ClosesAGapThatAnotherHandOpened) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.gate.OpenGap("usb2");
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  ASSERT_EQ(Tampering(terminal).size(), 1U);
  EXPECT_EQ(Tampering(terminal)[0].what, "usb2");
  EXPECT_TRUE(Tampering(terminal)[0].restored);
  EXPECT_TRUE(Tampering(terminal)[0].device.port_path.empty());
}

TEST(Barrier, IsLookedAtWhenAControllerArrives) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.gate.OpenGap("usb2");
  terminal.Plug(RootHub(2));
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_EQ(Tampering(terminal).size(), 1U);
}

TEST(Barrier, RecordsAGapThatCannotBeClosedOnce) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.gate.FailOn(Act::kCloseBarrier, Error{ErrorCode::kIo, "usb2/authorized_default", "read-only file system"});
  terminal.gate.OpenGap("usb2");
  terminal.Pass(std::chrono::seconds{60});
  terminal.Pass(std::chrono::seconds{60});
  ASSERT_EQ(Tampering(terminal).size(), 1U);
  EXPECT_FALSE(Tampering(terminal)[0].restored);
  EXPECT_TRUE(terminal.HasTrouble("barrier"));
  terminal.gate.FailOn(Act::kCloseBarrier, std::nullopt);
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_FALSE(terminal.HasTrouble("barrier"));
}

TEST(Barrier, ThatCannotBeClosedAtStartIsRecordedAndTriedAgain) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.FailOn(Act::kCloseBarrier, Error{ErrorCode::kIo, "usb1/authorized_default", "permission denied"});
  terminal.Start();
  EXPECT_EQ(terminal.log.Of<model::EnforcementFailed>().size(), 1U);
  EXPECT_TRUE(terminal.HasTrouble("barrier"));
  terminal.gate.FailOn(Act::kCloseBarrier, std::nullopt);
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_TRUE(Tampering(terminal).empty());  // nobody opened it: it never closed
}

TEST(Tampering, ARefusedDeviceLetInByAnotherHandIsShutAgainAndRecorded) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.gate.Tamper("1-2", {true, {0}});
  terminal.Look();
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  ASSERT_EQ(Tampering(terminal).size(), 1U);
  EXPECT_EQ(Tampering(terminal)[0].device.port_path, "1-2");
  EXPECT_TRUE(Tampering(terminal)[0].restored);
}

TEST(Tampering, IsFoundWithoutANoticeWithinAMinute) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.gate.Tamper("1-2", {true, {0}});
  terminal.clock.Advance(std::chrono::seconds{60});
  terminal.decider->Tick();  // without a look by the source
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(Tampering(terminal).size(), 1U);
}

TEST(Tampering, ShutsAlthoughTheLogRefuses) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  terminal.gate.Tamper("1-2", {true, {0}});
  terminal.Look();
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Tampering, TakesNoAlarmFromOurOwnGrants) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  const model::Observation before{Stick(), {}};
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  // A look taken before our write, delivered after it.
  terminal.queue->Deliver(ports::DeviceSeen{before});
  terminal.Run();
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_TRUE(Tampering(terminal).empty());
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Calls(Act::kAdmitDevice, "1-2"), 1);
  EXPECT_EQ(terminal.Judged("1-2").size(), 1U);
}

TEST(Tampering, TakesNoAlarmFromOurOwnRefusals) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  const model::Observation before{Stick(), {true, {0}}};
  terminal.Enforce();
  terminal.Reload();
  terminal.queue->Deliver(ports::DeviceSeen{before});
  terminal.Run();
  EXPECT_TRUE(Tampering(terminal).empty());
  EXPECT_FALSE(terminal.Open("1-2"));
}

TEST(Tampering, AnAdmittedDeviceShutByAnotherHandIsLetInAgainButNotForEver) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.Plug(Stick());
  for (int i = 0; i < Enforcing::kMaxLetInAgain; ++i) {
    terminal.gate.Tamper("1-2", {});
    terminal.Look();
    terminal.Run();
    EXPECT_TRUE(terminal.Open("1-2")) << i;
  }
  terminal.gate.Tamper("1-2", {});
  terminal.Look();
  terminal.Run();
  terminal.Pass(std::chrono::minutes{2});
  EXPECT_FALSE(terminal.Open("1-2"));
  const auto tampering = Tampering(terminal);
  ASSERT_EQ(tampering.size(), static_cast<std::size_t>(Enforcing::kMaxLetInAgain) + 1);
  EXPECT_TRUE(tampering.front().restored);
  EXPECT_FALSE(tampering.back().restored);
}

TEST(Tampering, AnInterfaceLetInByAnotherHandIsShutAndTheRestLetInAgain) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.verdict = model::Verdict::kAllowInterfaces;
  rule.admit = {{0x03, {}, {}}};
  terminal.Enforce({rule});
  terminal.Start();
  terminal.Plug(DeviceOf("1-2", {kKeyboard, kDisk}));
  ASSERT_EQ(terminal.gate.AdmissionOf("1-2"), (model::Admission{true, {0}}));
  terminal.gate.Tamper("1-2", {true, {0, 1}});
  terminal.Look();
  terminal.Run();
  EXPECT_EQ(terminal.gate.AdmissionOf("1-2"), (model::Admission{true, {0}}));
  EXPECT_EQ(Tampering(terminal).size(), 1U);
}

}  // namespace
}  // namespace sekimori::core::tests
