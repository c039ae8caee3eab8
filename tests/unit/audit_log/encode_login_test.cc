#include "agent/audit_log/encode_login.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "agent/audit_log/encode.h"

namespace sekimori::audit_log {
namespace {

proto::LoginJudged Encoded(const model::LoginJudged& judged) {
  proto::LoginJudged stored;
  Encode(judged, stored);
  return stored;
}

// As it comes out of the log: masked.
proto::Event Stored(model::EventBody body) {
  EventEncoder encoder;
  std::string payload;
  EXPECT_TRUE(encoder.Encode({{}, {}, std::move(body)}, "boot", payload));
  proto::Event stored;
  EXPECT_TRUE(stored.ParseFromString(payload));
  return stored;
}

TEST(EncodeLogin, NamesNoUserWhereNobodyHasTheName) {
  EXPECT_FALSE(Encoded({}).place().has_user());
  model::LoginJudged root;
  root.place.user = model::Account{0, "root"};
  ASSERT_TRUE(Encoded(root).place().has_user());
  EXPECT_EQ(Encoded(root).place().user().uid(), 0U);
}

TEST(EncodeLogin, KeepsAnAddressWholeAndMasksWhatOnlyLooksLikeOne) {
  struct Case {
    const char* host;
    bool address;
  };
  // 12345678901 and its check digit 8 are twelve digits with points between them too.
  const Case cases[] = {
      {"192.0.2.7", true},
      {"123.45.67.89", true},
      {"192.168.100.123", true},
      {"2001:db8::1", true},
      {"::1", true},
      {"::ffff:192.168.100.123", true},
      {"fe80::1%eth0", false},
      {"123.456.789.018", false},
      {"terminal-1", false},
      {"1.2.3", false},
      {"1.2.3.4.5", false},
      {"1.2.3.", false},
      {"1..2.3", false},
      {"+1.2.3.4", false},
      {"::123456789018", false},
      {"0000.1.2.3", true},
      {"00001.1.2.3", false},
      {":1", false},
      {"1:2:3:4:5:6:7:8:9:a", false},
      {"", false},
  };
  for (const Case& each : cases) {
    model::LoginJudged judged;
    judged.place.remote_host = each.host;
    const proto::LoginPlace place = Encoded(judged).place();
    EXPECT_EQ(place.remote_address(), each.address ? each.host : "") << each.host;
    EXPECT_EQ(place.remote_host(), each.address ? "" : each.host) << each.host;
  }
  model::LoginJudged judged;
  judged.place.remote_host = "123.456.789.018";
  EXPECT_EQ(Stored(judged).login_judged().place().remote_host(), "***.***.***.***");
  judged.place.remote_host = "123.45.67.89";
  EXPECT_EQ(Stored(judged).login_judged().place().remote_address(), "123.45.67.89");
}

TEST(EncodeLogin, MasksWhatPeopleAndProgramsSay) {
  const std::string number = "123456789018";
  model::LoginJudged login;
  login.place = {model::Account{1, number}, number, number, number, number};
  login.detail = number;
  model::SessionJudged session;
  session.place = login.place;
  session.detail = number;
  model::AuthenticatorChanged changed;
  changed.user.name = changed.by.name = changed.reason = number;
  for (const model::EventBody& body : {model::EventBody(login), model::EventBody(session), model::EventBody(changed)})
    EXPECT_EQ(Stored(body).SerializeAsString().find(number), std::string::npos) << body.index();
}

TEST(EncodeLogin, BoundsTheProofsOfOneLogin) {
  model::LoginJudged judged;
  judged.proofs.resize(kMaxProofs + 1);
  EXPECT_EQ(static_cast<std::size_t>(Encoded(judged).proofs_size()), kMaxProofs);
}

TEST(EncodeLogin, NamesEveryValueOfEveryEnumeration) {
  const auto all = [](int last, const auto& name_of, const auto& stored) {
    for (int value = 1; value <= last; ++value)
      EXPECT_EQ(name_of(value), stored(value)) << value;
  };
  // The model numbers its words as the messages do; that is not asked of them, but it makes this table short.
  all(
      proto::LoginReason_MAX, [](int value) { return proto::LoginReason_Name(value); },
      [](int value) {
        model::LoginJudged judged;
        judged.reason = static_cast<model::LoginReason>(value);
        return proto::LoginReason_Name(Encoded(judged).reason());
      });
  all(
      proto::LoginResult_MAX, [](int value) { return proto::LoginResult_Name(value); },
      [](int value) {
        model::LoginJudged judged;
        judged.result = static_cast<model::LoginResult>(value);
        return proto::LoginResult_Name(Encoded(judged).result());
      });
  all(
      proto::LoginMethod_MAX, [](int value) { return proto::LoginMethod_Name(value); },
      [](int value) {
        model::LoginJudged judged;
        judged.proofs = {{{}, static_cast<model::Method>(value), {}, {}}};
        return proto::LoginMethod_Name(Encoded(judged).proofs(0).method());
      });
  all(
      proto::ProofRefusal_MAX, [](int value) { return proto::ProofRefusal_Name(value); },
      [](int value) {
        model::LoginJudged judged;
        judged.proofs = {{{}, model::Method::kTotp, {}, static_cast<model::Refusal>(value)}};
        return proto::ProofRefusal_Name(Encoded(judged).proofs(0).refusal());
      });
  all(
      proto::SessionGround_MAX, [](int value) { return proto::SessionGround_Name(value); },
      [](int value) {
        model::SessionJudged judged;
        judged.ground = static_cast<model::SessionGround>(value);
        proto::SessionJudged stored;
        Encode(judged, stored);
        return proto::SessionGround_Name(stored.ground());
      });
}

}  // namespace
}  // namespace sekimori::audit_log
