// When a device is judged again, and that nothing is recorded twice for nothing.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

// The device is another one from here on, in the same connection.
void Become(Terminal& terminal, model::Device device) {
  device.address = 7;
  const model::Admission admission = terminal.gate.AdmissionOf(device.port_path);
  terminal.gate.Plug(device);
  terminal.gate.Tamper(device.port_path, admission);
  terminal.Look();
  terminal.Run();
}

TEST(JudgeAgain, WhenDescriptorsChange) {
  Terminal terminal;
  terminal.Enforce();
  terminal.store.baseline = model::Baseline{policy::Adopt(Keyboard("1-2"))};
  terminal.Start();
  terminal.Plug(Keyboard("1-2"));
  ASSERT_TRUE(terminal.Open("1-2"));
  Become(terminal, DeviceOf("1-2", {kKeyboard, kDisk}, 0x046d));
  EXPECT_FALSE(terminal.Open("1-2"));
  ASSERT_EQ(terminal.Judged("1-2").size(), 2U);
  EXPECT_EQ(terminal.Judged("1-2")[1].trigger, model::Trigger::kChanged);
  EXPECT_EQ(terminal.Judged("1-2")[1].decision.verdict, model::Verdict::kDeny);
  EXPECT_TRUE(terminal.log.Of<model::BarrierTampered>().empty());
}

TEST(JudgeAgain, TheKeyboardThatReturnsWithADiskIsRefused) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard());
  terminal.store.local = PolicyOf(model::Mode::kEnforce);
  terminal.Start();
  ASSERT_TRUE(terminal.Open("1-1"));
  terminal.Pull("1-1");
  terminal.Plug(DeviceOf("1-1", {kKeyboard, kDisk}, 0x046d));
  EXPECT_FALSE(terminal.Open("1-1"));
  terminal.Pull("1-1");
  terminal.Plug(Keyboard());
  EXPECT_TRUE(terminal.Open("1-1"));
}

TEST(JudgeAgain, WhenAnotherConfigurationBecomesActive) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  model::Device modem = Stick();
  modem.active_configuration = 1;
  terminal.queue->Deliver(ports::DeviceSeen{{modem, {true, {0}}}});
  terminal.Run();
  modem.active_configuration = 2;
  EXPECT_TRUE(BecameAnother(terminal.Judged("1-2")[0].device, modem));
}

TEST(JudgeAgain, RecordsAnotherIdentityEvenIfTheDecisionStays) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  Become(terminal, DeviceOf("1-2", {kDisk, kKeyboard}));
  EXPECT_EQ(terminal.Judged("1-2").size(), 2U);
}

TEST(JudgeAgain, RecordsNothingWhenOnlyAStringBecameReadable) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  model::Device named = Stick();
  named.interfaces[0].name = "Disk";
  Become(terminal, named);
  EXPECT_EQ(terminal.Judged("1-2").size(), 1U);
  const auto list = std::get<ports::DeviceList>(terminal.Ask(ports::AskDevices{}));
  EXPECT_EQ(list.devices.back().device.interfaces[0].name, "Disk");
}

TEST(JudgeAgain, ATightenedPolicyShutsWhatIsOpen) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.Enforce();
  terminal.Reload();
  EXPECT_FALSE(terminal.Open("1-2"));
  ASSERT_EQ(terminal.Judged("1-2").size(), 2U);
  EXPECT_EQ(terminal.Judged("1-2")[1].trigger, model::Trigger::kPolicyChanged);
  EXPECT_TRUE(terminal.log.Of<model::BarrierTampered>().empty());
}

TEST(JudgeAgain, ALoosenedPolicyOpensWithoutAReplug) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_FALSE(terminal.Open("1-2"));
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Reload();
  EXPECT_TRUE(terminal.Open("1-2"));
}

TEST(JudgeAgain, AfterWakingUpEverythingIsLookedAt) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  terminal.source.AnswerScansAtOnce(false);
  terminal.queue->DeliverSystem(ports::SystemResumed{std::chrono::hours{8}});
  terminal.Run();
  ASSERT_EQ(terminal.log.Of<model::Resumed>().size(), 1U);
  EXPECT_EQ(terminal.source.scans_requested(), 1);
  // While it slept, the stick was exchanged and a new one came.
  model::Device other = DeviceOf("1-3", {kDisk}, 0x4321);
  other.address = 9;
  terminal.queue->Deliver(ports::AllDevices{{{RootHub(1), {true, {0}}}, {other, {}}, {Stick(), {}}}});
  terminal.Once();
  ASSERT_EQ(terminal.Judged("1-3").size(), 2U);
  EXPECT_EQ(terminal.Judged("1-3")[1].trigger, model::Trigger::kResumed);
  EXPECT_EQ(terminal.Judged("1-3")[1].decision.verdict, model::Verdict::kDeny);
  EXPECT_EQ(terminal.Judged("1-2")[0].trigger, model::Trigger::kResumed);
}

TEST(JudgeAgain, WhenUsersChange) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.users = {"tanaka"};
  terminal.Enforce({rule});
  terminal.Start();
  terminal.Plug(Stick());
  EXPECT_FALSE(terminal.Open("1-2"));
  terminal.sessions.LogIn("tanaka");
  terminal.queue->DeliverSystem(ports::SessionsChanged{});
  terminal.Run();
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Judged("1-2")[1].users, std::vector<std::string>{"tanaka"});
  EXPECT_EQ(terminal.Judged("1-2")[1].trigger, model::Trigger::kUsersChanged);
  terminal.sessions.Fail(Error{ErrorCode::kIo, "utmp", "cannot be read"});
  terminal.queue->DeliverSystem(ports::SessionsChanged{});
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));  // who is not known is not there
  EXPECT_TRUE(terminal.HasTrouble("sessions"));
}

TEST(JudgeAgain, WhenATimeWindowCloses) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.time = model::TimeWindow{{}, std::chrono::hours{9}, std::chrono::hours{17}};
  terminal.Enforce({rule});
  terminal.local = {2, std::chrono::minutes{16 * 60 + 59}};
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  ASSERT_TRUE(terminal.decider->NextDeadline());
  EXPECT_LE(*terminal.decider->NextDeadline() - terminal.clock.SinceBoot(), std::chrono::seconds{61});
  terminal.local = {2, std::chrono::hours{17}};
  terminal.Pass(std::chrono::seconds{61});
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Judged("1-2")[1].trigger, model::Trigger::kTimeWindow);
}

TEST(JudgeAgain, WhenTheClockIsSet) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.time = model::TimeWindow{{}, std::chrono::hours{9}, std::chrono::hours{17}};
  terminal.Enforce({rule});
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.local = {2, std::chrono::hours{20}};
  terminal.queue->DeliverSystem(ports::ClockWasSet{});
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.log.Of<model::ClockStepped>().size(), 1U);
}

TEST(JudgeAgain, WhenAPlaceAmongAtMostSoManyBecomesFree) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.at_most = 1;
  terminal.Enforce({rule});
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(Stick("1-3"));
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.Open("1-3"));
  terminal.Pull("1-2");
  EXPECT_TRUE(terminal.Open("1-3"));
}

TEST(JudgeAgain, WhenOneThatCameEarlierTakesTheLastPlaceAmongAtMostSoMany) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.at_most = 1;
  terminal.Enforce({rule});
  terminal.Start();
  model::Device unread = Stick("1-2");
  unread.complete = false;
  terminal.Plug(unread);
  terminal.Plug(Stick("1-3"));
  ASSERT_FALSE(terminal.Open("1-2"));
  ASSERT_TRUE(terminal.Open("1-3"));
  bool never_two = true;
  terminal.gate.OnCall([&](const Call&) { never_two = never_two && !(terminal.Open("1-2") && terminal.Open("1-3")); });
  Become(terminal, Stick("1-2"));
  EXPECT_TRUE(never_two);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_FALSE(terminal.Open("1-3"));
  EXPECT_EQ(terminal.Judged("1-3").back().trigger, model::Trigger::kChanged);
}

TEST(JudgeAgain, WhenOneThatWaitedForItsHubTakesTheLastPlaceAmongAtMostSoMany) {
  Terminal terminal;
  model::Rule rule = AllowVendor(0x0951);
  rule.match.at_most = 1;
  terminal.Enforce({rule, AllowVendor(0x05e3, "hubs")});
  terminal.Start();
  terminal.source.AnswerScansAtOnce(false);
  terminal.Plug(Stick("1-4.1"));
  terminal.Plug(Stick("1-3"));
  ASSERT_TRUE(terminal.Open("1-3"));
  terminal.Plug(Hub("1-4"));
  EXPECT_TRUE(terminal.Open("1-4.1"));
  EXPECT_FALSE(terminal.Open("1-3"));
}

TEST(JudgeAgain, LostNoticesAreRecordedAndEverythingIsLookedAt) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.source.LoseNotices({{RootHub(1), {true, {0}}}, {Stick("1-3"), {}}});
  terminal.Once();
  EXPECT_EQ(terminal.log.Of<model::NoticesLost>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::DeviceGone>().size(), 1U);
  ASSERT_EQ(terminal.Judged("1-3").size(), 1U);
  EXPECT_EQ(terminal.Judged("1-3")[0].trigger, model::Trigger::kRescan);
}

TEST(JudgeAgain, RecordsNothingTwiceForNothing) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  const std::size_t before = terminal.log.All().size();
  terminal.source.RequestScan();
  terminal.Run();
  terminal.queue->DeliverSystem(ports::SessionsChanged{});
  terminal.Run();
  terminal.Reload();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_EQ(terminal.log.All().size(), before);
}

}  // namespace
}  // namespace sekimori::core::tests
