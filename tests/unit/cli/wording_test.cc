#include "agent/cli/wording.h"

#include <gtest/gtest.h>

namespace sekimori::cli {
namespace {

TEST(Word, IsTheEnumeratorsOwn) {
  EXPECT_EQ(Word(proto::MODE_ENFORCE), "enforce");
  EXPECT_EQ(Word(proto::VERDICT_ALLOW_INTERFACES), "allow_interfaces");
  EXPECT_EQ(Word(proto::BASIS_ROOT_HUB), "root_hub");
  EXPECT_EQ(Word(proto::POLICY_SOURCE_BUILT_IN), "built_in");
  EXPECT_EQ(Word(proto::TRIGGER_PRESENT_AT_START), "present_at_start");
}

TEST(Word, OfAnUnknownEnumeratorIsEmptyAndNoCrash) {
  EXPECT_EQ(Word(static_cast<proto::Verdict>(99)), "");
}

TEST(DeviceJson, WritesIdsAsPeopleKnowThem) {
  proto::Device device;
  device.set_vendor(0x0951);
  device.set_product(0x16);
  proto::Interface& interface = *device.add_interfaces();
  interface.mutable_kind()->set_class_code(8);
  interface.mutable_kind()->set_subclass(6);
  interface.mutable_kind()->set_protocol(0x50);
  const Json json = DeviceJson(device);
  EXPECT_EQ(json["vendor"], "0951");
  EXPECT_EQ(json["product"], "0016");
  EXPECT_EQ(json["interfaces"][0]["class"], "08:06:50");
}

TEST(DeviceStateJson, OfADeviceThatWaitsHasNoDecision) {
  const Json json = DeviceStateJson(proto::DeviceState{});
  EXPECT_TRUE(json["decision"].is_null());
  EXPECT_TRUE(json["judged"].is_null());
  EXPECT_TRUE(json["trigger"].is_null());
}

TEST(ExitCode, TellsNotPermittedFromFailed) {
  EXPECT_EQ(ExitCodeFor(ErrorCode::kDenied), kDenied);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kUnavailable), kFailed);
}

}  // namespace
}  // namespace sekimori::cli
