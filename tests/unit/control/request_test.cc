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

void Fill(proto::TotpBegin& begin) {
  begin.set_user("sato");
  begin.set_label("phone");
  begin.set_issuer("Sekimori");
  begin.set_reason("new colleague");
}
void Fill(proto::TotpConfirm& confirm) {
  confirm.set_pending("p");
  confirm.set_code("123456");
}
template <typename Message>
void Fill(Message& message) {
  message.set_user("sato");
  message.set_id("totp-1");
  message.set_reason("lost");
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
      {"begin TOTP", [](auto& request) { Fill(*request.mutable_totp_begin()); }, false},
      {"confirm TOTP", [](auto& request) { Fill(*request.mutable_totp_confirm()); }, false},
      {"cancel TOTP", [](auto& request) { request.mutable_totp_cancel()->set_pending("p"); }, false},
      {"authenticators", [](auto& request) { request.mutable_authenticators(); }, false},
      {"revoke", [](auto& request) { Fill(*request.mutable_authenticator_revoke()); }, false},
      {"unlock", [](auto& request) { Fill(*request.mutable_authenticator_unlock()); }, false},
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

TEST(ParseRequest, BoundsEveryTextAboutAuthenticators) {
  const auto code_with = [](const auto& change) {
    return CodeOf(Bytes([&](proto::ControlRequest& request) {
      Fill(*request.mutable_totp_begin());
      change(*request.mutable_totp_begin());
    }));
  };
  const std::string word(kMaxWord + 1, 'w'), user(kMaxUser + 1, 'u'), reason(kMaxReason + 1, 'r');
  EXPECT_EQ(code_with([](auto& begin) { begin.clear_user(); }), ErrorCode::kInvalid);
  EXPECT_EQ(code_with([](auto& begin) { begin.clear_issuer(); }), ErrorCode::kInvalid);
  EXPECT_EQ(code_with([](auto& begin) { begin.clear_reason(); }), ErrorCode::kInvalid);
  EXPECT_EQ(code_with([&](auto& begin) { begin.set_user(user); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code_with([&](auto& begin) { begin.set_label(word); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code_with([&](auto& begin) { begin.set_issuer(word); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code_with([&](auto& begin) { begin.set_reason(reason); }), ErrorCode::kTooLarge);
  EXPECT_EQ(code_with([&](auto& begin) { begin.set_operator_name(word); }), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) {
              Fill(*request.mutable_totp_confirm());
              request.mutable_totp_confirm()->set_code(word);
            })),
            ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_totp_confirm()->set_pending("p"); })),
            ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) { request.mutable_totp_cancel(); })), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([&](auto& request) { request.mutable_authenticators()->set_user(user); })),
            ErrorCode::kTooLarge);
}

TEST(ParseRequest, RevokingAndUnlockingNeedAReasonAndRevokingWhatItIsAbout) {
  EXPECT_EQ(CodeOf(Bytes([](auto& request) {
              Fill(*request.mutable_authenticator_revoke());
              request.mutable_authenticator_revoke()->clear_reason();
            })),
            ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) {
              Fill(*request.mutable_authenticator_revoke());
              request.mutable_authenticator_revoke()->clear_id();
            })),
            ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(Bytes([](auto& request) {
              Fill(*request.mutable_authenticator_unlock());
              request.mutable_authenticator_unlock()->clear_reason();
            })),
            ErrorCode::kInvalid);
}

TEST(ParseRequest, HandsOnWhatWasAskedAboutAuthenticators) {
  const Result<Request> request = ParseRequest(Bytes([](auto& each) {
    Fill(*each.mutable_authenticator_unlock());
    each.mutable_authenticator_unlock()->set_operator_name("tanaka");
  }));
  ASSERT_TRUE(request.ok());
  const auto& order = std::get<ports::OrderUnlocking>(std::get<ports::AuthenticatorOrder>(request.value()));
  EXPECT_EQ(order.user + " " + order.id + " " + order.reason + " " + order.operator_name, "sato totp-1 lost tanaka");
  const Result<Request> list = ParseRequest(Bytes([](auto& each) { each.mutable_authenticators()->set_after(7); }));
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(std::get<ports::AskAuthenticators>(std::get<ports::AuthenticatorOrder>(list.value())).after, 7U);
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
