#include "agent/control/answer.h"

#include <gtest/gtest.h>

#include "proto/frame/frame.h"

namespace sekimori::control {
namespace {

TEST(MakeAnswer, CarriesErrorsByTheirStableName) {
  const proto::ControlAnswer answer = MakeAnswer(Error{ErrorCode::kConflict, "release", "nothing is shut"});
  EXPECT_EQ(answer.error().code(), "conflict");
  EXPECT_EQ(answer.error().where(), "release");
  EXPECT_EQ(answer.error().detail(), "nothing is shut");
}

TEST(MakeAnswer, CarriesStatusWithTroublesAndTheLink) {
  ports::StatusReport status;
  status.mode = model::Mode::kEnforce;
  status.barrier_gaps = {"usb2"};
  status.policy_source = model::PolicySource::kCollector;
  status.waiting = 3;
  status.log.sequence = 42;
  status.link.phase = ports::LinkPhase::kWaiting;
  status.link.last_contact = model::WallTime{std::chrono::microseconds{7}};
  status.troubles = {{"log", {ErrorCode::kFull, "log.db", "no space"}}};
  const proto::ControlAnswer answer = MakeAnswer(status);
  EXPECT_EQ(answer.status().mode(), proto::MODE_ENFORCE);
  EXPECT_EQ(answer.status().barrier_gaps(0), "usb2");
  EXPECT_EQ(answer.status().policy_source(), proto::POLICY_SOURCE_COLLECTOR);
  EXPECT_EQ(answer.status().waiting(), 3U);
  EXPECT_EQ(answer.status().log_head(), 42U);
  EXPECT_EQ(answer.status().link_state(), "waiting");
  EXPECT_EQ(answer.status().last_contact_us(), 7);
  EXPECT_EQ(answer.status().troubles(0).what(), "log");
  EXPECT_EQ(answer.status().troubles(0).error().code(), "full");
}

TEST(MakeAnswer, ADeviceThatWaitsHasNoDecision) {
  ports::DeviceState state;
  state.device.port_path = "1-4.1";
  const proto::ControlAnswer answer = MakeAnswer(ports::DeviceList{{state}});
  ASSERT_EQ(answer.devices().devices_size(), 1);
  EXPECT_FALSE(answer.devices().devices(0).has_decision());
  EXPECT_EQ(answer.devices().devices(0).judged_us(), 0);
}

TEST(MakeAnswer, CarriesDecisionsWhole) {
  ports::DeviceState state;
  state.judged = true;
  state.device.interfaces = {{1, 0, 0, {3, 1, 1}, "keys"}};
  state.decision.verdict = model::Verdict::kAllowInterfaces;
  state.decision.interfaces = {0};
  state.decision.basis = model::Basis::kRule;
  state.decision.rule = "readers";
  state.admission = {true, {0}};
  state.trigger = model::Trigger::kResumed;
  state.judged_at = model::WallTime{std::chrono::microseconds{9}};
  const proto::ControlAnswer answer = MakeAnswer(ports::Explanation{state, {{"readers", true, "", "", ""}}});
  const proto::DeviceState& out = answer.explain().device();
  EXPECT_EQ(out.decision().verdict(), proto::VERDICT_ALLOW_INTERFACES);
  EXPECT_EQ(out.decision().interfaces(0), 0U);
  EXPECT_EQ(out.decision().basis(), proto::BASIS_RULE);
  EXPECT_EQ(out.decision().rule(), "readers");
  EXPECT_EQ(out.trigger(), proto::TRIGGER_RESUMED);
  EXPECT_EQ(out.judged_us(), 9);
  EXPECT_TRUE(out.admitted());
  EXPECT_EQ(out.device().interfaces(0).kind().class_code(), 3U);
  EXPECT_EQ(answer.explain().trace(0).rule(), "readers");
}

TEST(MakeAnswer, AHundredOfTheWorstDevicesFitAFrame) {
  ports::DeviceList list;
  ports::DeviceState state;
  state.device.manufacturer = state.device.product_name = state.device.serial = std::string(126 * 3, 'x');
  for (int i = 0; i < 1000; ++i)
    state.device.interfaces.push_back({1, 0, 0, {}, std::string(126 * 3, 'y')});
  list.devices.assign(32, state);
  const std::string bytes = MakeAnswer(list).SerializeAsString();
  EXPECT_LT(bytes.size(), frame::kMaxFrame);
  EXPECT_EQ(MakeAnswer(list).devices().devices(0).device().interfaces_left_out(), 1000U - 64U);
}

}  // namespace
}  // namespace sekimori::control
