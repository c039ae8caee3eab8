#include "agent/control/request.h"

#include <functional>

#include <gtest/gtest.h>

#include "proto/control.pb.h"

namespace sekimori::control {
namespace {

std::string Bytes(const std::function<void(proto::ControlRequest&)>& fill) {
  proto::ControlRequest request;
  fill(request);
  return request.SerializeAsString();
}

struct Row {
  const char* name;
  std::function<void(proto::ControlRequest&)> fill;
  bool everyone;
};

TEST(MayAsk, IsTheWholeTable) {
  const std::vector<Row> rows = {
      {"status", [](auto& request) { request.mutable_status(); }, true},
      {"devices", [](auto& request) { request.mutable_devices(); }, true},
      {"explain", [](auto& request) { request.mutable_explain()->set_device("1-2"); }, true},
      {"policy try", [](auto& request) { request.mutable_policy_try()->set_toml("x"); }, false},
      {"reload", [](auto& request) { request.mutable_reload(); }, false},
      {"release", [](auto& request) { request.mutable_release()->set_reason("drill"); }, false},
      {"close", [](auto& request) { request.mutable_close()->set_reason("over"); }, false},
      {"enrol", [](auto& request) { request.mutable_enrol()->set_token("SKM1.x"); }, false},
  };
  // A request added to the messages and not to this table fails here.
  EXPECT_EQ(static_cast<int>(rows.size()), proto::ControlRequest::descriptor()->oneof_decl(0)->field_count());
  for (const Row& row : rows) {
    const Result<Request> request = ParseRequest(Bytes(row.fill));
    ASSERT_TRUE(request.ok()) << row.name << ": " << ToString(request.error());
    EXPECT_EQ(MayAsk(1000, request.value()), row.everyone) << row.name;
    EXPECT_TRUE(MayAsk(0, request.value())) << row.name;
  }
}

TEST(MayAsk, LetsNotEvenRootWriteThatSomebodyWasLetIn) {
  EXPECT_FALSE(MayAsk(0, Request(ports::Question(ports::RecordLogin{}))));
  EXPECT_FALSE(MayAsk(1000, Request(ports::Question(ports::RecordLogin{}))));
}

ErrorCode CodeOf(const std::string& bytes) {
  const Result<Request> request = ParseRequest(bytes);
  EXPECT_FALSE(request.ok());
  return request.ok() ? ErrorCode::kInternal : request.error().code;
}

TEST(ParseRequest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(CodeOf(""), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf("\xff\xff\xff"), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(std::string(kMaxRequest + 1, 'x')), ErrorCode::kTooLarge);
}

TEST(ParseRequest, RefusesOrdersWithoutAReason) {
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_release(); })), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_close(); })), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_explain(); })), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_enrol(); })), ErrorCode::kInvalid);
}

TEST(ParseRequest, BoundsEveryText) {
  const std::string reason(kMaxReason + 1, 'r');
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_release()->set_reason(reason); })), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_close()->set_reason(reason); })), ErrorCode::kTooLarge);
  const std::string operator_name(kMaxOperator + 1, 'o');
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) {
              request.mutable_close()->set_reason("drill over");
              request.mutable_close()->set_operator_name(operator_name);
            })),
            ErrorCode::kTooLarge);
  const std::string token(kMaxToken + 1, 't');
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_enrol()->set_token(token); })), ErrorCode::kTooLarge);
  const std::string name(kMaxName + 1, 'n');
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_explain()->set_device(name); })), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_policy_try()->set_file(name); })), ErrorCode::kTooLarge);
}

TEST(ParseRequest, HandsOnWhatWasAsked) {
  const Result<Request> request = ParseRequest(Bytes([](auto& each) {
    each.mutable_release()->set_reason("drill");
    each.mutable_release()->set_operator_name("tanaka");
  }));
  ASSERT_TRUE(request.ok());
  const auto& question = std::get<ports::Question>(request.value());
  EXPECT_EQ(std::get<ports::OrderRelease>(question).reason, "drill");
  EXPECT_EQ(std::get<ports::OrderRelease>(question).operator_name, "tanaka");
  EXPECT_FALSE(std::get<ports::OrderRelease>(question).removal);
}

TEST(ParseRequest, TellsARemovalFromARelease) {
  const Result<Request> request = ParseRequest(Bytes([](auto& each) {
    each.mutable_release()->set_reason("package removed");
    each.mutable_release()->set_removal(true);
  }));
  ASSERT_TRUE(request.ok());
  EXPECT_TRUE(std::get<ports::OrderRelease>(std::get<ports::Question>(request.value())).removal);
}

}  // namespace
}  // namespace sekimori::control
