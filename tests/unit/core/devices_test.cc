// Devices come, change, hang on hubs, and go.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Devices, TheStickIsRefusedAndTheAllowedOneOpens) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_TRUE(terminal.Open("1-3"));
  ASSERT_EQ(terminal.Judged("1-2").size(), 1U);
  EXPECT_EQ(terminal.Judged("1-2")[0].decision.basis, model::Basis::kDefault);
  EXPECT_EQ(terminal.Judged("1-2")[0].trigger, model::Trigger::kArrived);
  EXPECT_EQ(terminal.Judged("1-3")[0].decision.rule, "allowed");
}

TEST(Devices, PresentAtStartAreJudgedAsSuch) {
  Terminal terminal;
  terminal.gate.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.Enforce();
  terminal.Start();
  EXPECT_FALSE(terminal.Open("1-2"));
  ASSERT_EQ(terminal.Judged("1-2").size(), 1U);
  EXPECT_EQ(terminal.Judged("1-2")[0].trigger, model::Trigger::kPresentAtStart);
}

TEST(Devices, AnUnreadableOneIsRefused) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  model::Device stick = Stick();
  stick.complete = false;
  terminal.Plug(stick);
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Judged("1-2")[0].decision.basis, model::Basis::kUnreadable);
}

TEST(Devices, LeavingIsRecordedWithWhetherItWasLetIn) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  terminal.Pull("1-2");
  terminal.Pull("1-3");
  const auto gone = terminal.log.Of<model::DeviceGone>();
  ASSERT_EQ(gone.size(), 2U);
  EXPECT_FALSE(gone[0].was_admitted);
  EXPECT_TRUE(gone[1].was_admitted);
}

TEST(Devices, AHubTakesItsChildrenAlong) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Hub("1-4"));
  terminal.Plug(Hub("1-4.1"));
  terminal.Plug(Stick("1-4.1.2"));
  terminal.Pull("1-4");
  const auto gone = terminal.log.Of<model::DeviceGone>();
  ASSERT_EQ(gone.size(), 3U);
  EXPECT_EQ(gone[0].device.port_path, "1-4.1.2");
  EXPECT_EQ(gone[2].device.port_path, "1-4");
}

TEST(Devices, AChildSeenBeforeItsHubWaitsShutAndIsNotPunished) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951), AllowVendor(0x05e3, "hubs")});
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.Plug(Stick("1-4.1"));
  EXPECT_TRUE(terminal.Judged("1-4.1").empty());
  EXPECT_FALSE(terminal.Open("1-4.1"));
  EXPECT_EQ(terminal.Status().waiting, 1U);
  terminal.Plug(Hub("1-4"));
  ASSERT_EQ(terminal.Judged("1-4.1").size(), 1U);
  EXPECT_TRUE(terminal.Open("1-4.1"));
  EXPECT_EQ(terminal.Status().waiting, 0U);
}

TEST(Devices, AWaitingChildThatStandsOpenIsShutAtOnce) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.gate.Plug(Stick("1-4.1"));
  terminal.gate.Tamper("1-4.1", {true, {0}});
  terminal.Look();
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-4.1"));
  EXPECT_TRUE(terminal.Judged("1-4.1").empty());
}

TEST(Devices, AChildWhoseHubIsNeverSeenIsJudgedAfterTheScan) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.Plug(Stick("1-4.1"));
  ASSERT_TRUE(terminal.Judged("1-4.1").empty());
  terminal.source.AnswerScans();
  terminal.Run();
  EXPECT_EQ(terminal.Judged("1-4.1").size(), 1U);
  EXPECT_TRUE(terminal.Open("1-4.1"));
}

TEST(Devices, AScanThatIsNotDeliveredIsAskedForAgainMoreAndMoreSlowly) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.Plug(Stick("1-4.1"));
  ASSERT_EQ(terminal.source.scans_requested(), 1);
  for (int i = 0; i < 600; ++i)
    terminal.Pass(std::chrono::seconds{1});
  EXPECT_GE(terminal.source.scans_requested(), 4);
  EXPECT_LE(terminal.source.scans_requested(), 8);
}

TEST(Devices, AScanThatIsNotDeliveredIsShownAsTrouble) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.Plug(Stick("1-4.1"));
  EXPECT_FALSE(terminal.HasTrouble("devices"));
  terminal.Pass(Settings{}.scan_patience);
  EXPECT_TRUE(terminal.HasTrouble("devices"));
  terminal.source.AnswerScans();
  terminal.Run();
  EXPECT_FALSE(terminal.HasTrouble("devices"));
}

TEST(Devices, ANewConnectionUnderTheSamePortIsANewDevice) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(DeviceOf("1-2", {kDisk}, 0x1234));
  model::Device other = Stick();
  other.address = 8;
  terminal.Plug(other);  // its forerunner's leaving was never told
  EXPECT_EQ(terminal.log.Of<model::DeviceGone>().size(), 1U);
  EXPECT_EQ(terminal.Judged("1-2").size(), 2U);
  EXPECT_FALSE(terminal.Open("1-2"));
}

// Comes and goes so often within one moment; every time as another connection.
void Flap(Terminal& terminal, const std::string& port, int times) {
  for (int i = 0; i < times; ++i) {
    model::Device stick = Stick(port);
    stick.address = static_cast<std::uint32_t>(i % 120 + 2);
    terminal.queue->Deliver(ports::DeviceSeen{{stick, {}}});
    if (i % 10 == 9) terminal.Once();
    terminal.queue->Deliver(ports::DeviceLeft{port});
  }
  terminal.Run();
}

TEST(Devices, EveryPlugIsRecordedWhileAPersonCouldHaveDoneIt) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  for (int minute = 0; minute < 10; ++minute) {
    Flap(terminal, "1-2", Arrivals::kFree);
    terminal.Pass(Arrivals::kMinute);
  }
  EXPECT_EQ(terminal.Judged("1-2").size(), 10 * Arrivals::kFree);
  EXPECT_EQ(terminal.log.Of<model::DeviceGone>().size(), 10 * Arrivals::kFree);
  EXPECT_TRUE(terminal.log.Of<model::PortRestless>().empty());
}

TEST(Devices, OneThatFlapsWithoutEndIsCountedAndTheOthersGoOn) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  for (int minute = 0; minute < 60; ++minute) {
    Flap(terminal, minute % 2 == 0 ? "1-2" : "1-2.4", 300);
    terminal.Pass(Arrivals::kMinute);
  }
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  EXPECT_TRUE(terminal.Open("1-3"));
  EXPECT_LE(terminal.Judged("1-2").size() + terminal.Judged("1-2.4").size(), Arrivals::kFree + 60);
  EXPECT_LE(terminal.log.Of<model::DeviceGone>().size(), Arrivals::kFree + 60);
  const auto restless = terminal.log.Of<model::PortRestless>();
  ASSERT_EQ(restless.size(), 60U);
  EXPECT_EQ(restless[0].port_path, "1-2");
  EXPECT_EQ(restless[0].arrivals, 300U);
  EXPECT_EQ(restless[0].held_back, 300U - Arrivals::kFree);
  EXPECT_EQ(restless[1].held_back, 299U);
}

TEST(Devices, WhatIsThereAfterARestlessMinuteIsJudgedThen) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  Flap(terminal, "1-2", 300);
  terminal.Plug(DeviceOf("1-2", {kDisk}, 0x1234));
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Status().waiting, 1U);
  terminal.source.RequestScan();  // a look at everything does not hurry it
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  ASSERT_TRUE(terminal.decider->NextDeadline());
  EXPECT_LE(*terminal.decider->NextDeadline(), terminal.clock.SinceBoot() + Arrivals::kMinute);
  terminal.Pass(Arrivals::kMinute);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Status().waiting, 0U);
  terminal.Pass(Arrivals::kMinute);  // a quiet one
  terminal.Pull("1-2");
  terminal.Plug(DeviceOf("1-2", {kDisk}, 0x1234));
  EXPECT_TRUE(terminal.Open("1-2"));
}

TEST(Devices, ALookAtALotOfThemAtTheStartHoldsNothingBack) {
  Terminal terminal;
  terminal.gate.Plug(Hub("1-4"));
  for (std::uint32_t i = 1; i <= 2 * Arrivals::kFree; ++i)
    terminal.gate.Plug(Stick("1-4." + std::to_string(i)));
  terminal.Enforce();
  terminal.Start();
  EXPECT_EQ(terminal.Status().waiting, 0U);
}

TEST(Devices, OneThatLeftBeforeItsGrantIsNoFailure) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.queue->Deliver(ports::DeviceSeen{{Stick(), {}}});  // the kernel has it no more
  terminal.Run();
  EXPECT_TRUE(terminal.log.Of<model::EnforcementFailed>().empty());
  EXPECT_EQ(terminal.Calls(Act::kAdmitDevice, "1-2"), 0);
}

TEST(Devices, AnotherOneInItsPlaceIsNotLetInAndMakesAScan) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  model::Device other = DeviceOf("1-2", {kDisk}, 0x4321);
  other.address = 9;
  terminal.gate.Plug(other);
  terminal.source.AnswerScansAtOnce(false);
  terminal.queue->Deliver(ports::DeviceSeen{{Stick(), {}}});
  terminal.Once();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.source.scans_requested(), 1);
}

TEST(Devices, NobodyIsItsOwnAncestor) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  model::Device loop = Hub("1-4");
  loop.parent = "1-4";
  terminal.Plug(loop);
  terminal.Pull("1-4");
  EXPECT_EQ(terminal.log.Of<model::DeviceGone>().size(), 1U);
}

TEST(DeviceTable, OrdersPortsAsPeopleCount) {
  EXPECT_TRUE(PortBefore("usb3", "3-1"));
  EXPECT_TRUE(PortBefore("3-2", "3-10"));
  EXPECT_TRUE(PortBefore("3-1.2", "3-1.10"));
  EXPECT_TRUE(PortBefore("3-1", "3-1.1"));
  EXPECT_TRUE(PortBefore("3-1.9", "usb4"));
  EXPECT_FALSE(PortBefore("3-1", "3-1"));
}

}  // namespace
}  // namespace sekimori::core::tests
