// What the deciding thread answers.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Questions, StatusTellsHowItStands) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.store.baseline = model::Baseline{policy::Adopt(Keyboard())};
  terminal.link.state.collector = "collector.example:7443";
  terminal.Start();
  terminal.Plug(Stick());
  const ports::StatusReport status = terminal.Status();
  EXPECT_EQ(status.agent_version, "1.2.3");
  EXPECT_EQ(status.mode, model::Mode::kEnforce);
  EXPECT_TRUE(status.barrier_closed);
  EXPECT_EQ(status.policy_rules, 1U);
  EXPECT_EQ(status.devices, 2U);
  EXPECT_EQ(status.refused, 1U);
  EXPECT_EQ(status.adopted, 1U);
  EXPECT_EQ(status.log.sequence, terminal.log.All().size());
  EXPECT_EQ(status.link.collector, "collector.example:7443");
  EXPECT_TRUE(status.troubles.empty());
}

TEST(Questions, DevicesComeAsATree) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick("1-10"));
  terminal.Plug(Hub("1-2"));
  terminal.Plug(Stick("1-2.1"));
  const auto list = std::get<ports::DeviceList>(terminal.Ask(ports::AskDevices{}));
  std::vector<std::string> ports;
  for (const ports::DeviceState& state : list.devices)
    ports.push_back(state.device.port_path);
  EXPECT_EQ(ports, (std::vector<std::string>{"usb1", "1-2", "1-2.1", "1-10"}));
  EXPECT_TRUE(list.devices[1].judged);
}

TEST(Questions, ExplainsByPortAndByVendorAndProduct) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  terminal.Plug(Stick());
  for (const char* name : {"1-2", "0951:1666"}) {
    const auto explanation = std::get<ports::Explanation>(terminal.Ask(ports::AskExplanation{name}));
    EXPECT_EQ(explanation.device.device.port_path, "1-2");
    ASSERT_FALSE(explanation.asked.empty());
    EXPECT_EQ(explanation.asked.back().rule, "default");
    EXPECT_TRUE(explanation.asked.back().matched);
  }
}

TEST(Questions, ExplainsNothingItDoesNotKnowAndAsksWhichOneIsMeant) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick("1-2"));
  terminal.Plug(Stick("1-3"));
  EXPECT_EQ(std::get<Error>(terminal.Ask(ports::AskExplanation{"9-9"})).code, ErrorCode::kNotFound);
  const Error error = std::get<Error>(terminal.Ask(ports::AskExplanation{"0951:1666"}));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_NE(error.detail.find("1-2, 1-3"), std::string::npos);
}

TEST(Questions, ATrialTellsWhatWouldChangeAndChangesNothing) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.store.texts.emplace("new", PolicyOf(model::Mode::kEnforce, {AllowVendor(0x0951)}));
  const std::size_t records = terminal.log.All().size();
  const auto trial = std::get<ports::PolicyTrial>(terminal.Ask(ports::AskPolicyTrial{"new", "new.toml"}));
  ASSERT_EQ(trial.changed.size(), 1U);
  EXPECT_EQ(trial.changed[0].now.verdict, model::Verdict::kDeny);
  EXPECT_EQ(trial.changed[0].then.rule, "allowed");
  EXPECT_EQ(trial.unchanged.size(), 1U);  // the root hub
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.log.All().size(), records);
  EXPECT_EQ(std::get<Error>(terminal.Ask(ports::AskPolicyTrial{"bad", "bad.toml"})).where, "bad.toml:1");
}

TEST(Questions, ReloadTellsWhatItCouldNotDo) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.reload_status = Error{ErrorCode::kInvalid, "enrolment-token", "not a token"};
  const ports::Answer answer = terminal.Ask(ports::OrderReload{});
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_EQ(std::get<Error>(answer).where, "enrolment-token");
}

TEST(Link, IsWokenWhenThereIsSomethingToSendAndItsNewsIsRecorded) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  const int before = terminal.link.wakes();
  terminal.Pass(std::chrono::hours{1});
  EXPECT_EQ(terminal.link.wakes(), before);
  terminal.queue->OnEnrolled({"site", "terminal", "collector:7443", "counter", {}});
  terminal.queue->OnRefused({"collector:7443", "denied", "revoked"});
  terminal.queue->OnLogDamaged({7, "missing"});
  terminal.queue->OnCollectorBehind({"collector:7443", 9, 5});
  terminal.Run();
  EXPECT_EQ(terminal.log.Of<model::Enrolled>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::CollectorRefused>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::LogDamaged>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::CollectorBehind>().size(), 1U);
  EXPECT_GT(terminal.link.wakes(), before);
}

TEST(Upkeep, SignsAMinuteAfterNewsAndNotWithoutAny) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Pass(std::chrono::seconds{60});
  EXPECT_EQ(terminal.log.checkpoints(), 1);
  terminal.Pass(std::chrono::hours{1});
  EXPECT_EQ(terminal.log.checkpoints(), 1);
}

TEST(Upkeep, NothingIsDueWhileNothingHappens) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Pass(std::chrono::seconds{60});
  ASSERT_TRUE(terminal.decider->NextDeadline());
  EXPECT_GT(*terminal.decider->NextDeadline() - terminal.clock.SinceBoot(), std::chrono::hours{20});  // pruning
}

TEST(Start, IsRecordedWithThePolicyThatStands) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x1234)});
  Settings settings;
  settings.boot_id = "boot";
  terminal.Start(settings);
  ASSERT_EQ(terminal.log.Of<model::AgentStarted>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::AgentStarted>()[0].boot_id, "boot");
  EXPECT_EQ(terminal.log.Of<model::AgentStarted>()[0].mode, model::Mode::kEnforce);
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().at(0).rules, 1U);
}

TEST(Start, TellsOnceThatEverythingPresentIsSettled) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Stick());
  bool shut_by_then = false;
  terminal.first_look = [&] {
    ++terminal.first_looks;
    shut_by_then = !terminal.Open("1-2");
  };
  terminal.Start();
  terminal.source.RequestScan();
  terminal.Run();
  EXPECT_EQ(terminal.first_looks, 1);
  EXPECT_TRUE(shut_by_then);
}

TEST(Troubles, FromOutsideComeAndGo) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.queue->Report("notices", Error{ErrorCode::kIo, "logind", "cannot be reached"});
  terminal.Run();
  EXPECT_TRUE(terminal.HasTrouble("notices"));
  terminal.queue->Report("notices", Status::Ok());
  terminal.Run();
  EXPECT_FALSE(terminal.HasTrouble("notices"));
}

TEST(Troubles, AMachineWithoutUsbIsSaidToHaveNone) {
  Terminal terminal;
  terminal.gate.Unplug("usb1");
  terminal.Observe();
  terminal.Start();
  EXPECT_TRUE(terminal.HasTrouble("devices"));
  terminal.Plug(RootHub(2));
  terminal.source.RequestScan();
  terminal.Run();
  EXPECT_FALSE(terminal.HasTrouble("devices"));
}

TEST(Troubles, ASourceThatDeliversIsNoneAnyMore) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.queue->Report("devices", Error{ErrorCode::kUnsupported, "usb", "no USB here"});
  terminal.Run();
  EXPECT_TRUE(terminal.HasTrouble("devices"));
  terminal.source.RequestScan();
  terminal.Run();
  EXPECT_FALSE(terminal.HasTrouble("devices"));
}

}  // namespace
}  // namespace sekimori::core::tests
