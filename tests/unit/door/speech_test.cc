#include "agent/door/speech.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/login/login.h"
#include "proto/words/time_text.h"

namespace sekimori::door {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const model::Prompt kPassword{model::PromptStyle::kAskHidden, {"login.ask_password"}};

Speech In(const char* language) {
  return Speech(language, "sshd", "ssh");
}

TEST(Speech, IsInTheLanguageOfTheProgram) {
  EXPECT_EQ(In("ja_JP.UTF-8").PromptText(kPassword), "パスワードを入力してください: ");
  EXPECT_EQ(In("en_GB.UTF-8").PromptText(kPassword), "Type your password: ");
  EXPECT_EQ(In("C.UTF-8").PromptText(kPassword), "Type your password: ");
}

TEST(Speech, IsJapaneseFirstAndEnglishToWhenNobodySaid) {
  EXPECT_EQ(In("").PromptText(kPassword), "パスワードを入力してください: \nType your password: ");
}

TEST(Speech, IsEnglishToWhereJapaneseCannotBeShown) {
  const std::string both = In("").PromptText(kPassword), japanese = In("ja").PromptText(kPassword);
  EXPECT_EQ(Speech("ja_JP.UTF-8", "login", "tty1").PromptText(kPassword), both);
  EXPECT_EQ(Speech("ja_JP.UTF-8", "login", "/dev/tty12").PromptText(kPassword), both);
  EXPECT_EQ(Speech("ja_JP.UTF-8", "login", "ttyS0").PromptText(kPassword), japanese);
  EXPECT_EQ(Speech("ja_JP.UTF-8", "login", "tty").PromptText(kPassword), japanese);
  EXPECT_EQ(Speech("ja_JP.UTF-8", "gdm-password", "/dev/tty1").PromptText(kPassword), japanese);
  EXPECT_EQ(Speech("en_US.UTF-8", "login", "tty1").PromptText(kPassword), In("en").PromptText(kPassword));
}

TEST(Speech, PutsTheChoicesBeforeTheQuestion) {
  model::Prompt prompt{model::PromptStyle::kAskShown, {"login.choose"}};
  prompt.choices = {{"login.choice_password"}, {"login.choice_totp", {{"label", "phone"}}}};
  EXPECT_EQ(In("en").PromptText(prompt),
            "1  password\n2  code from an app or device (phone)\nType the number of the way you want to use: ");
}

TEST(Speech, FillsInTimesNumbersAndNothing) {
  const model::WallTime time{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};
  const std::vector<model::Words> lines = {
      {"login.last", {{"time", time}, {"service", "sshd"}, {"tty", "ssh"}, {"host", ""}}},
      {"login.failed_since", {{"count", std::uint64_t{3}}}}};
  EXPECT_EQ(In("en").MessageText(lines),
            "Last login: " + words::LocalTimeText(time) +
                " (sshd, terminal ssh, from -)\n"
                "Failed logins since the last one: 3. If they were not yours, contact the ICT section.");
}

TEST(Speech, LetsNoNameDriveTheTerminal) {
  const std::vector<model::Words> lines = {
      {"login.last", {{"time", std::string("x")}, {"service", "a\x1b[2J"}, {"tty", "b\nc"}, {"host", "\xff"}}}};
  const std::string text = In("en").MessageText(lines);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  ::LoginVerdict verdict{.result = kLoginDenied, .message = {}, .ticket = {}};
  ASSERT_TRUE(LoginCopyText(verdict.message, sizeof verdict.message, text.c_str()));
  LoginFrame frame;
  EXPECT_EQ(LoginEncodeVerdict(&verdict, &frame), kLoginSound);
}

TEST(Speech, IsCutBetweenCharactersWhereAFrameEnds) {
  model::Prompt prompt{model::PromptStyle::kAskShown, {"login.choose"}};
  std::string label = "x";
  for (int i = 0; i < 2'000; ++i)
    label += "あ";
  prompt.choices = {{"login.choice_totp", {{"label", label}}}};
  for (const char* const language : {"ja", "en", ""}) {
    const std::string text = In(language).PromptText(prompt);
    EXPECT_LE(text.size(), static_cast<std::size_t>(kLoginPromptMax));
    EXPECT_GT(text.size(), static_cast<std::size_t>(kLoginPromptMax - 3));
    EXPECT_THAT(text, StartsWith("1  "));
    EXPECT_THAT(text, EndsWith("あ"));
  }
}

}  // namespace
}  // namespace sekimori::door
