#include <gtest/gtest.h>

#include "proto/enrolment.pb.h"
#include "proto/token/enrolment_token.h"

namespace sekimori::token {
namespace {

EnrolmentToken Good() {
  EnrolmentToken token;
  token.host = "collector.city.example.jp";
  token.port = 7443;
  token.server_name = "collector.city.example.jp";
  token.ca_sha256.fill(0xab);
  token.id = "0123456789abcdef";
  token.secret = Secret(std::string(32, 's'));
  token.expires = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(1'775'000'000'000'000));
  return token;
}

TEST(EnrolmentToken, IsReadAsItWasPrinted) {
  const std::string text = Print(Good()).value();
  EXPECT_EQ(0U, text.find("SKM1."));
  const EnrolmentToken token = Parse("\t " + text + " \r\n").value();
  EXPECT_EQ("collector.city.example.jp", token.host);
  EXPECT_EQ(7443, token.port);
  EXPECT_EQ(Good().ca_sha256, token.ca_sha256);
  EXPECT_EQ(Good().id, token.id);
  EXPECT_EQ(std::string(32, 's'), token.secret.bytes());
  EXPECT_EQ(Good().expires, token.expires);
}

TEST(EnrolmentToken, CutOffOrMistypedIsNeverAnotherToken) {
  const std::string text = Print(Good()).value();
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(Parse(text.substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(Parse(text + "A").ok());
  EXPECT_FALSE(Parse(text + "=").ok());
  EXPECT_FALSE(Parse("skm1" + text.substr(4)).ok());
  EXPECT_EQ(ErrorCode::kTooLarge, Parse("SKM1." + std::string(kMaxText, 'A')).error().code);
}

TEST(EnrolmentToken, ErrorsNeverRepeatTheText) {
  const Result<EnrolmentToken> refused = Parse("SKM1.c2VjcmV0c2VjcmV0");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(std::string::npos, ToString(refused.error()).find("c2Vj"));
}

TEST(EnrolmentToken, EveryFieldMustBeInShape) {
  struct Case {
    const char* name;
    void (*spoil)(EnrolmentToken&);
  };
  const Case cases[] = {
      {"no host", [](EnrolmentToken& token) { token.host.clear(); }},
      {"host with space", [](EnrolmentToken& token) { token.host = "a b"; }},
      {"host with newline", [](EnrolmentToken& token) { token.host = "a\nb"; }},
      {"long host", [](EnrolmentToken& token) { token.host = std::string(254, 'a'); }},
      {"no port", [](EnrolmentToken& token) { token.port = 0; }},
      {"no server name", [](EnrolmentToken& token) { token.server_name.clear(); }},
      {"no id", [](EnrolmentToken& token) { token.id.clear(); }},
      {"id with slash", [](EnrolmentToken& token) { token.id = "a/b"; }},
      {"no expiry", [](EnrolmentToken& token) { token.expires = {}; }},
  };
  for (const Case& one : cases) {
    EnrolmentToken token = Good();
    one.spoil(token);
    EXPECT_EQ(ErrorCode::kInvalid, Print(token).error().code) << one.name;
  }
}

TEST(EnrolmentToken, APortTooLargeDoesNotWrapAround) {
  proto::EnrolmentToken message;
  message.ParseFromString("");
  message.set_host("a");
  message.set_port(65536 + 7443);
  message.set_server_name("a");
  message.set_ca_sha256(std::string(32, 'c'));
  message.set_token_id("id");
  message.set_secret(std::string(32, 's'));
  message.set_expires_us(1);
  // Through the printer's own alphabet, which the test does not share.
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string bytes = message.SerializeAsString();
  std::string text = "SKM1.";
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const unsigned one = i < bytes.size() * 8 ? (static_cast<unsigned char>(bytes[i / 8]) >> (7 - i % 8)) & 1U : 0U;
      value = value << 1 | one;
    }
    text += kDigits[value];
  }
  const Result<EnrolmentToken> parsed = Parse(text);
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(std::string::npos, parsed.error().detail.find("port")) << parsed.error().detail;
}

TEST(Secret, DiffersEveryTime) {
  EXPECT_NE(Secret::Random().value().Digest(), Secret::Random().value().Digest());
}

}  // namespace
}  // namespace sekimori::token
