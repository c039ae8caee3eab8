#include "proto/login/login.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace {

using namespace std::string_literals;

std::string Text(std::string_view text) {
  return std::string{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())} + std::string(text);
}

std::string Bytes(const LoginFrame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes), frame.size};
}

std::string Body(const LoginFrame& frame) {
  return Bytes(frame).substr(kLoginHeaderSize);
}

const uint8_t* Octets(const std::string& bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

LoginFault FromModule(const std::string& body, LoginFromModule& message) {
  return LoginDecodeFromModule(Octets(body), body.size(), &message);
}

LoginFault FromModule(const std::string& body) {
  LoginFromModule message;
  return FromModule(body, message);
}

LoginFault FromAgent(const std::string& body, LoginFromAgent& message) {
  return LoginDecodeFromAgent(Octets(body), body.size(), &message);
}

LoginFault FromAgent(const std::string& body) {
  LoginFromAgent message;
  return FromAgent(body, message);
}

template <typename Message>
bool AllZero(const Message& message) {
  const auto* octets = reinterpret_cast<const uint8_t*>(&message);
  return std::all_of(octets, octets + sizeof message, [](uint8_t octet) { return octet == 0; });
}

template <std::size_t size>
void Set(char (&field)[size], const std::string& text) {
  ASSERT_TRUE(LoginCopyText(field, size, text.c_str()));
}

LoginBegin Begin() {
  LoginBegin begin{};
  begin.phase = kLoginAuthenticate;
  begin.flags = kLoginDisallowNull;
  Set(begin.service, "sshd");
  Set(begin.user, "yamada");
  Set(begin.tty, "ssh");
  Set(begin.rhost, "192.0.2.7");
  Set(begin.language, "ja_JP.UTF-8");
  return begin;
}

const std::string kBeginBody = "\1\1\1\0\0\0\2"s + Text("sshd") + Text("yamada") + Text("ssh") + Text("192.0.2.7") +
                               Text("") + Text("ja_JP.UTF-8") + Text("");
const std::string kGrantedBody = "\1\x11\1"s + Text("") + Text("t0-_Z");

std::string BeginWith(const std::string& user, const std::string& ticket) {
  return "\1\1\3\0\0\0\0"s + Text("su") + Text(user) + Text("") + Text("") + Text("") + Text("") + Text(ticket);
}

// The vectors of proto/login/FORMAT.md.
TEST(LoginFrame, HasTheBytesThatTheFormatSays) {
  LoginFrame frame;
  const LoginBegin begin = Begin();
  ASSERT_EQ(LoginEncodeBegin(&begin, &frame), kLoginSound);
  EXPECT_EQ(Bytes(frame), "\0\0\0\x36"s + kBeginBody);
  ASSERT_EQ(LoginEncodeAnswer("ひみつ", &frame), kLoginSound);
  EXPECT_EQ(Bytes(frame), "\0\0\0\x0d\1\2\0\x09"s + "ひみつ");
  ASSERT_EQ(LoginEncodeCancel(&frame), kLoginSound);
  EXPECT_EQ(Bytes(frame), "\0\0\0\2\1\3"s);
  LoginPrompt prompt{};
  prompt.style = kLoginAskHidden;
  Set(prompt.text, "PIN: ");
  ASSERT_EQ(LoginEncodePrompt(&prompt, &frame), kLoginSound);
  EXPECT_EQ(Bytes(frame), "\0\0\0\x0a\1\x10\1\0\5PIN: "s);
  LoginVerdict verdict{};
  verdict.result = kLoginGranted;
  Set(verdict.ticket, "t0-_Z");
  ASSERT_EQ(LoginEncodeVerdict(&verdict, &frame), kLoginSound);
  EXPECT_EQ(Bytes(frame), "\0\0\0\x0c"s + kGrantedBody);
}

TEST(LoginDecodeFromModule, GivesBackWhatWasEncoded) {
  LoginFromModule message;
  ASSERT_EQ(FromModule(kBeginBody, message), kLoginSound);
  EXPECT_EQ(message.type, kLoginBegin);
  EXPECT_EQ(message.begin.phase, kLoginAuthenticate);
  EXPECT_EQ(message.begin.flags, static_cast<uint32_t>(kLoginDisallowNull));
  EXPECT_STREQ(message.begin.service, "sshd");
  EXPECT_STREQ(message.begin.user, "yamada");
  EXPECT_STREQ(message.begin.tty, "ssh");
  EXPECT_STREQ(message.begin.rhost, "192.0.2.7");
  EXPECT_STREQ(message.begin.ruser, "");
  EXPECT_STREQ(message.begin.language, "ja_JP.UTF-8");
  EXPECT_STREQ(message.begin.ticket, "");
  ASSERT_EQ(FromModule("\1\2"s + Text("x y"), message), kLoginSound);
  EXPECT_EQ(message.type, kLoginAnswer);
  EXPECT_STREQ(message.answer.text, "x y");
  ASSERT_EQ(FromModule("\1\3"s, message), kLoginSound);
  EXPECT_EQ(message.type, kLoginCancel);
}

TEST(LoginDecodeFromAgent, GivesBackWhatWasEncoded) {
  LoginFromAgent message;
  ASSERT_EQ(FromAgent(kGrantedBody, message), kLoginSound);
  EXPECT_EQ(message.type, kLoginVerdict);
  EXPECT_EQ(message.verdict.result, kLoginGranted);
  EXPECT_STREQ(message.verdict.ticket, "t0-_Z");
  ASSERT_EQ(FromAgent("\1\x10\4"s + Text("鍵に触れてください。\n\tTouch"), message), kLoginSound);
  EXPECT_EQ(message.type, kLoginPrompt);
  EXPECT_EQ(message.prompt.style, kLoginError);
  EXPECT_STREQ(message.prompt.text, "鍵に触れてください。\n\tTouch");
}

TEST(LoginBodySize, RefusesWhatIsOutOfBounds) {
  const auto size = [](std::string header) { return LoginBodySize(Octets(header)); };
  EXPECT_EQ(size("\0\0\0\0"s), 0U);
  EXPECT_EQ(size("\0\0\0\1"s), 0U);
  EXPECT_EQ(size("\0\0\0\2"s), 2U);
  EXPECT_EQ(size("\0\0\x10\0"s), 4096U);
  EXPECT_EQ(size("\0\0\x10\1"s), 0U);
  EXPECT_EQ(size("\0\1\0\2"s), 0U);
  EXPECT_EQ(size("\xff\xff\xff\xff"s), 0U);
}

struct Refused {
  const char* name;
  std::string body;
  LoginFault fault;
};

void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

class RefusedFromAgent : public testing::TestWithParam<Refused> {};

TEST_P(RefusedFromAgent, LeavesNothing) {
  LoginFromAgent message;
  std::memset(&message, 0x55, sizeof message);
  EXPECT_EQ(FromAgent(GetParam().body, message), GetParam().fault) << LoginFaultName(GetParam().fault);
  EXPECT_TRUE(AllZero(message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedFromAgent,
    testing::Values(Refused{"nothing", "", kLoginFaultLength}, Refused{"only_a_version", "\1", kLoginFaultLength},
                    Refused{"longer_than_a_body", "\1\x10\3"s + Text(std::string(4092, 'x')), kLoginFaultLength},
                    Refused{"version_0", "\0"s + kGrantedBody.substr(1), kLoginFaultVersion},
                    Refused{"version_2", "\2"s + kGrantedBody.substr(1), kLoginFaultVersion},
                    Refused{"type_0", "\1\0"s + kGrantedBody.substr(2), kLoginFaultType},
                    Refused{"type_18", "\1\x12"s + kGrantedBody.substr(2), kLoginFaultType},
                    Refused{"what_a_module_says", "\1\2"s + Text("x"), kLoginFaultType},
                    Refused{"style_0", "\1\x10\0"s + Text("x"), kLoginFaultValue},
                    Refused{"style_5", "\1\x10\5"s + Text("x"), kLoginFaultValue},
                    Refused{"result_0", "\1\x11\0"s + Text("") + Text(""), kLoginFaultValue},
                    Refused{"result_6", "\1\x11\6"s + Text("") + Text(""), kLoginFaultValue},
                    Refused{"prompt_too_long", "\1\x10\3"s + Text(std::string(1025, 'x')), kLoginFaultText},
                    Refused{"message_too_long", "\1\x11\2"s + Text(std::string(1025, 'x')) + Text(""), kLoginFaultText},
                    Refused{"ticket_too_long", "\1\x11\1"s + Text("") + Text(std::string(65, 'x')), kLoginFaultText},
                    Refused{"ticket_with_equals", "\1\x11\1"s + Text("") + Text("a=b"), kLoginFaultText},
                    Refused{"ticket_with_line_feed", "\1\x11\1"s + Text("") + Text("a\nb"), kLoginFaultText},
                    Refused{"ticket_with_a_denial", "\1\x11\2"s + Text("") + Text("t"), kLoginFaultTicket},
                    Refused{"escape_sequence", "\1\x10\3"s + Text("\x1b[2J"), kLoginFaultText},
                    Refused{"carriage_return", "\1\x10\3"s + Text("a\rb"), kLoginFaultText},
                    Refused{"delete", "\1\x10\3"s + Text("a\x7f"), kLoginFaultText},
                    Refused{"c1_control", "\1\x10\3"s + Text("a\xc2\x9b"), kLoginFaultText},
                    Refused{"nul", "\1\x10\3"s + Text("a\0b"s), kLoginFaultText},
                    Refused{"no_style", "\1\x10"s, kLoginFaultCut},
                    Refused{"half_a_length", "\1\x10\3\0"s, kLoginFaultCut},
                    Refused{"text_cut", "\1\x10\3\0\3ab"s, kLoginFaultCut},
                    Refused{"no_ticket_field", "\1\x11\1"s + Text(""), kLoginFaultCut},
                    Refused{"something_after_it", kGrantedBody + "\0"s, kLoginFaultTrailing}),
    [](const auto& row) { return std::string(row.param.name); });

class RefusedFromModule : public testing::TestWithParam<Refused> {};

TEST_P(RefusedFromModule, LeavesNothing) {
  LoginFromModule message;
  std::memset(&message, 0x55, sizeof message);
  EXPECT_EQ(FromModule(GetParam().body, message), GetParam().fault) << LoginFaultName(GetParam().fault);
  EXPECT_TRUE(AllZero(message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedFromModule,
    testing::Values(Refused{"phase_0", "\1\1\0"s + kBeginBody.substr(3), kLoginFaultValue},
                    Refused{"phase_5", "\1\1\5"s + kBeginBody.substr(3), kLoginFaultValue},
                    Refused{"unknown_flag", "\1\1\1\0\0\0\4"s + kBeginBody.substr(7), kLoginFaultValue},
                    Refused{"high_flag", "\1\1\1\x80\0\0\0"s + kBeginBody.substr(7), kLoginFaultValue},
                    Refused{"user_too_long", BeginWith(std::string(257, 'u'), ""), kLoginFaultText},
                    Refused{"user_not_utf8", BeginWith("\xff", ""), kLoginFaultText},
                    Refused{"user_with_nul", BeginWith("root\0x"s, ""), kLoginFaultText},
                    Refused{"ticket_with_space", BeginWith("u", "a b"), kLoginFaultText},
                    Refused{"what_an_agent_says", kGrantedBody, kLoginFaultType},
                    Refused{"answer_too_long", "\1\2"s + Text(std::string(513, 'x')), kLoginFaultText},
                    Refused{"answer_overlong_utf8", "\1\2"s + Text("\xc0\xaf"), kLoginFaultText},
                    Refused{"answer_overlong_nul", "\1\2"s + Text("\xc0\x80"), kLoginFaultText},
                    Refused{"answer_surrogate", "\1\2"s + Text("\xed\xa0\x80"), kLoginFaultText},
                    Refused{"answer_beyond_unicode", "\1\2"s + Text("\xf4\x90\x80\x80"), kLoginFaultText},
                    Refused{"answer_cut_code_point", "\1\2"s + Text("\xe3\x81"), kLoginFaultText},
                    Refused{"answer_with_a_code_point_broken_off", "\1\2"s + Text("\xe3\x81x"), kLoginFaultText},
                    Refused{"answer_with_a_stray_continuation", "\1\2"s + Text("\x81x"), kLoginFaultText},
                    Refused{"answer_cut", "\1\2\0\5ab"s, kLoginFaultCut},
                    Refused{"cancel_with_something_after_it", "\1\3\0"s, kLoginFaultTrailing},
                    Refused{"begin_with_something_after_it", kBeginBody + "x", kLoginFaultTrailing}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LoginDecodeFromModule, RefusesABeginCutAnywhere) {
  for (std::size_t size = 2; size < kBeginBody.size(); ++size)
    ASSERT_EQ(FromModule(kBeginBody.substr(0, size)), kLoginFaultCut) << size;
}

TEST(LoginDecodeFromAgent, RefusesAVerdictCutAnywhere) {
  for (std::size_t size = 2; size < kGrantedBody.size(); ++size)
    ASSERT_EQ(FromAgent(kGrantedBody.substr(0, size)), kLoginFaultCut) << size;
}

TEST(LoginEncode, TakesEveryTextAtItsBound) {
  LoginBegin begin = Begin();
  begin.phase = kLoginCloseSession;
  begin.flags = kLoginSilent | kLoginDisallowNull;
  Set(begin.service, std::string(kLoginServiceMax, 's'));
  Set(begin.user, std::string(kLoginUserMax, 'u'));
  Set(begin.tty, std::string(kLoginTtyMax, 't'));
  Set(begin.rhost, std::string(kLoginRhostMax, 'h'));
  Set(begin.ruser, std::string(kLoginRuserMax, 'r'));
  Set(begin.language, std::string(kLoginLanguageMax, 'l'));
  Set(begin.ticket, std::string(kLoginTicketMax, 'T'));
  LoginFrame frame;
  ASSERT_EQ(LoginEncodeBegin(&begin, &frame), kLoginSound);
  LoginFromModule message;
  ASSERT_EQ(FromModule(Body(frame), message), kLoginSound);
  EXPECT_EQ(std::memcmp(&message.begin, &begin, sizeof begin), 0);
}

// What the decoder at the other end would refuse is never sent.
TEST(LoginEncode, RefusesWhatTheDecoderWould) {
  LoginFrame frame;
  const auto begin_with = [&](const std::function<void(LoginBegin&)>& change) {
    LoginBegin begin = Begin();
    change(begin);
    const LoginFault fault = LoginEncodeBegin(&begin, &frame);
    EXPECT_EQ(frame.size, 0U);
    return fault;
  };
  EXPECT_EQ(begin_with([](LoginBegin& begin) { begin.phase = static_cast<LoginPhase>(0); }), kLoginFaultValue);
  EXPECT_EQ(begin_with([](LoginBegin& begin) { begin.flags = 4; }), kLoginFaultValue);
  EXPECT_EQ(begin_with([](LoginBegin& begin) { begin.user[0] = '\xff'; }), kLoginFaultText);
  EXPECT_EQ(begin_with([](LoginBegin& begin) { std::memset(begin.tty, 't', sizeof begin.tty); }), kLoginFaultText)
      << "no end within the field";
  EXPECT_EQ(begin_with([](LoginBegin& begin) { begin.ticket[0] = '='; }), kLoginFaultText);
  EXPECT_EQ(LoginEncodeAnswer(std::string(kLoginAnswerMax + 1, 'x').c_str(), &frame), kLoginFaultText);
  EXPECT_EQ(LoginEncodeAnswer("\xe3\x81", &frame), kLoginFaultText);
  LoginPrompt prompt{kLoginInformation, "\x1b[2J"};
  EXPECT_EQ(LoginEncodePrompt(&prompt, &frame), kLoginFaultText);
  prompt = {static_cast<LoginStyle>(5), "x"};
  EXPECT_EQ(LoginEncodePrompt(&prompt, &frame), kLoginFaultValue);
  LoginVerdict verdict{static_cast<LoginResult>(0), "", ""};
  EXPECT_EQ(LoginEncodeVerdict(&verdict, &frame), kLoginFaultValue);
  verdict = {kLoginDenied, "", "t"};
  EXPECT_EQ(LoginEncodeVerdict(&verdict, &frame), kLoginFaultTicket);
  EXPECT_EQ(frame.size, 0U);
}

TEST(LoginCopyText, LeavesTheFieldEmptyWhenItIsTooLong) {
  char field[4] = "old";
  EXPECT_TRUE(LoginCopyText(field, sizeof field, "abc"));
  EXPECT_STREQ(field, "abc");
  EXPECT_FALSE(LoginCopyText(field, sizeof field, "abcd"));
  EXPECT_STREQ(field, "");
}

}  // namespace
