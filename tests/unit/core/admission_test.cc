#include "agent/core/admission.h"

#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

struct Case {
  const char* name;
  Target target;
  model::Admission admission;
  bool more, less;
};

TEST(Admission, ComparesWhatTheKernelHasWithTheTarget) {
  using Kind = Target::Kind;
  model::Device device = DeviceOf("1-2", {kKeyboard, kDisk});
  device.active_configuration = 1;
  const std::vector<Case> cases = {
      {"shut is shut", {Kind::kShut, {}}, {false, {}}, false, false},
      {"shut is open", {Kind::kShut, {}}, {true, {}}, true, false},
      {"open is open", {Kind::kOpen, {}}, {true, {0, 1}}, false, false},
      {"open is shut", {Kind::kOpen, {}}, {false, {}}, false, true},
      {"open lacks an interface", {Kind::kOpen, {}}, {true, {0}}, false, true},
      {"some is some", {Kind::kSome, {0}}, {true, {0}}, false, false},
      {"some has one more", {Kind::kSome, {0}}, {true, {0, 1}}, true, false},
      {"some has another", {Kind::kSome, {0}}, {true, {1}}, true, true},
      {"some has none", {Kind::kSome, {0}}, {true, {}}, false, true},
      {"some is shut", {Kind::kSome, {0}}, {false, {}}, false, true},
      {"left alone, open", {Kind::kLeave, {}}, {true, {0, 1}}, false, false},
      {"left alone, shut", {Kind::kLeave, {}}, {false, {}}, false, false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(MoreOpen(each.target, each.admission), each.more) << each.name;
    EXPECT_EQ(LessOpen(each.target, device, each.admission), each.less) << each.name;
  }
}

TEST(Admission, AsksNoInterfacesOfADeviceWithoutAConfiguration) {
  EXPECT_FALSE(LessOpen({Target::Kind::kOpen, {}}, DeviceOf("1-2", {kDisk}), {true, {}}));
}

TEST(Admission, LettingInNoInterfaceAtAllIsShutting) {
  model::Decision decision;
  decision.verdict = model::Verdict::kAllowInterfaces;
  EXPECT_EQ(TargetOf(decision).kind, Target::Kind::kShut);
}

TEST(BecameAnother, IsNotTheKernelsFirstChoiceOfAConfiguration) {
  model::Device before = Stick();
  model::Device after = before;
  after.active_configuration = 1;
  EXPECT_FALSE(BecameAnother(before, after));
  EXPECT_FALSE(BecameAnother(after, before));
  before.active_configuration = 2;
  EXPECT_TRUE(BecameAnother(before, after));
}

TEST(BecameAnother, IsAnyOtherField) {
  const model::Device before = Stick();
  const auto changed = [&](auto change) {
    model::Device after = before;
    change(after);
    return BecameAnother(before, after);
  };
  EXPECT_TRUE(changed([](model::Device& device) { device.descriptor_hash[5] = 1; }));
  EXPECT_TRUE(changed([](model::Device& device) { device.kind.class_code = 0xff; }));
  EXPECT_TRUE(changed([](model::Device& device) { device.serial = "other"; }));
  EXPECT_TRUE(changed([](model::Device& device) { device.product_name = "other"; }));
  EXPECT_TRUE(changed([](model::Device& device) { device.interfaces.clear(); }));
  EXPECT_TRUE(changed([](model::Device& device) { device.complete = false; }));
}

}  // namespace
}  // namespace sekimori::core::tests
