#include "proto/masking/mask_message.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "proto/event.pb.h"

namespace sekimori::masking {
namespace {

constexpr const char* kNumber = "123456789018";
constexpr const char* kMasked = "************";

TEST(MaskMessage, ReachesNestedAndRepeatedStrings) {
  proto::Event event;
  proto::DeviceJudged& judged = *event.mutable_device_judged();
  judged.mutable_device()->set_product_name(kNumber);
  judged.mutable_device()->set_serial(kNumber);
  judged.mutable_device()->add_interfaces()->set_name("free of numbers");
  judged.mutable_device()->add_interfaces()->set_name(kNumber);
  judged.mutable_decision()->set_reason(std::string("持出し ") + kNumber);
  judged.add_users("tanaka");
  judged.add_users(kNumber);
  EXPECT_EQ(MaskMessage(event), 5U);
  EXPECT_EQ(judged.device().product_name(), kMasked);
  EXPECT_EQ(judged.device().serial(), kMasked);
  EXPECT_EQ(judged.device().interfaces(0).name(), "free of numbers");
  EXPECT_EQ(judged.device().interfaces(1).name(), kMasked);
  EXPECT_EQ(judged.decision().reason(), std::string("持出し ") + kMasked);
  EXPECT_EQ(judged.users(0), "tanaka");
  EXPECT_EQ(judged.users(1), kMasked);
  EXPECT_EQ(MaskMessage(event), 0U);
}

TEST(MaskMessage, ReachesKeysAndValuesOfMaps) {
  google::protobuf::Struct message;
  (*message.mutable_fields())["name"].set_string_value(kNumber);
  (*message.mutable_fields())[kNumber].set_string_value("value");
  EXPECT_EQ(MaskMessage(message), 2U);
  EXPECT_EQ(message.fields().at("name").string_value(), kMasked);
  EXPECT_EQ(message.fields().at(kMasked).string_value(), "value");
  EXPECT_EQ(message.fields().size(), 2U);
}

TEST(MaskMessage, LeavesIdentifiersAndBytesAlone) {
  proto::Event event;
  event.set_boot_id("0d6f1c2e-8a8b-4b7e-9a3f-123456789018");
  event.mutable_device_judged()->mutable_device()->set_descriptor_hash(kNumber);
  event.mutable_device_judged()->mutable_device()->set_port_path("1234-5678.9018");
  const std::string before = event.SerializeAsString();
  EXPECT_EQ(MaskMessage(event), 0U);
  EXPECT_EQ(event.SerializeAsString(), before);
}

TEST(MaskMessage, MakesEveryStringOneThatItsReaderTakes) {
  proto::Event event;
  event.set_boot_id("id \xff");
  event.mutable_device_judged()->mutable_device()->set_serial("\xe3\x81 123456789018");
  EXPECT_EQ(MaskMessage(event), 1U);
  EXPECT_EQ(event.device_judged().device().serial(), "�� ************");
  proto::Event read;
  ASSERT_TRUE(read.ParseFromString(event.SerializeAsString()));
  EXPECT_EQ(read.boot_id(), "id �");
}

TEST(MaskMessage, CutsAfterMasking) {
  proto::Event event;
  event.mutable_agent_stopping()->set_reason("番号 123456789018 以上");
  EXPECT_EQ(MaskMessage(event, 16), 1U);
  EXPECT_EQ(event.agent_stopping().reason(), "番号 ******…");
}

}  // namespace
}  // namespace sekimori::masking
