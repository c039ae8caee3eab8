#include "proto/words/words.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace sekimori::words {
namespace {

// Sets the four variables the language is read from and puts them back.
class Environment {
 public:
  explicit Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const char* before = std::getenv(kNames[i]);
      if (before != nullptr) before_[i] = before;
      unsetenv(kNames[i]);
    }
    for (const auto& [name, value] : values)
      setenv(name, value, 1);
  }
  ~Environment() {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (before_[i].has_value()) {
        setenv(kNames[i], before_[i]->c_str(), 1);
      } else {
        unsetenv(kNames[i]);
      }
    }
  }

 private:
  static constexpr std::array<const char*, 4> kNames = {"SEKIMORI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
  std::array<std::optional<std::string>, 4> before_;
};

TEST(LanguageOfEnvironment, IsJapaneseWhenNothingIsSet) {
  const Environment environment({});
  EXPECT_EQ(LanguageOfEnvironment(), Language::kJapanese);
}

TEST(LanguageOfEnvironment, TakesTheFirstVariableThatSaysSomething) {
  struct Case {
    const char* name;
    std::initializer_list<std::pair<const char*, const char*>> values;
    Language expected;
  };
  const Case cases[] = {
      {"English locale", {{"LANG", "en_GB.UTF-8"}}, Language::kEnglish},
      {"Japanese locale", {{"LANG", "ja_JP.UTF-8"}}, Language::kJapanese},
      {"C", {{"LANG", "C"}}, Language::kEnglish},
      {"C with a code set", {{"LC_ALL", "C.UTF-8"}}, Language::kEnglish},
      {"POSIX", {{"LC_MESSAGES", "POSIX"}}, Language::kEnglish},
      {"another language", {{"LANG", "fr_FR.UTF-8"}}, Language::kJapanese},
      {"LC_ALL before LANG", {{"LC_ALL", "ja_JP.UTF-8"}, {"LANG", "en_US.UTF-8"}}, Language::kJapanese},
      {"an empty one says nothing", {{"LC_ALL", ""}, {"LANG", "en_US.UTF-8"}}, Language::kEnglish},
      {"ours before all", {{"SEKIMORI_LANG", "en"}, {"LC_ALL", "ja_JP.UTF-8"}}, Language::kEnglish},
      {"Catalan is not C", {{"LANG", "Catalan"}}, Language::kJapanese},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Environment environment(c.values);
    EXPECT_EQ(LanguageOfEnvironment(), c.expected);
  }
}

TEST(Say, SpeaksBothLanguages) {
  EXPECT_EQ(Say(Language::kJapanese, "verdict.deny"), "拒否");
  EXPECT_EQ(Say(Language::kEnglish, "verdict.deny"), "refuse");
}

TEST(Say, FillsNamesWithValues) {
  EXPECT_EQ(Say(Language::kEnglish, "basis.rule_with_reason", {{"rule", "r1"}, {"reason", "office stick"}}),
            "rule \"r1\" (office stick)");
}

TEST(Say, LeavesANameWithoutValueVisible) {
  EXPECT_EQ(Say(Language::kEnglish, "basis.rule"), "rule \"{rule}\"");
}

TEST(Say, NeverReadsNamesOutOfAValue) {
  EXPECT_EQ(Say(Language::kEnglish, "basis.rule_with_reason", {{"rule", "{reason}"}, {"reason", "x"}}),
            "rule \"{reason}\" (x)");
}

TEST(Say, NeutralisesControlCharactersInValues) {
  EXPECT_EQ(Say(Language::kEnglish, "basis.rule", {{"rule", "a\n\x1b[2J"}}), "rule \"a\\u{a}\\u{1b}[2J\"");
}

TEST(Say, GivesTheKeyWhenThereIsNoText) {
  EXPECT_EQ(Say(Language::kJapanese, "no.such-key"), "no.such-key");
}

TEST(SayError, NamesWhatWhereAndWhatToDo) {
  const Error error{ErrorCode::kInvalid, "policy.toml:14", "unknown access word"};
  EXPECT_EQ(SayError(Language::kEnglish, error),
            "Something in the input is wrong: policy.toml:14: unknown access word\n"
            "→ Correct the place named above and try again.");
}

TEST(SayError, HasWordsForEveryCodeInBothLanguages) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const Error error{static_cast<ErrorCode>(code), "", "d"};
    for (const Language language : {Language::kJapanese, Language::kEnglish}) {
      const std::string text = SayError(language, error);
      EXPECT_EQ(text.find("error."), std::string::npos) << text;
      EXPECT_EQ(text.find("error_next."), std::string::npos) << text;
      EXPECT_NE(text.find("→"), std::string::npos) << text;
    }
  }
}

// The programs of terminal and collector share these, so none may send everyone to one of them.
TEST(SayError, NamesBothServicesWhenOneDoesNotAnswer) {
  for (const Language language : {Language::kJapanese, Language::kEnglish}) {
    const std::string text = SayError(language, {ErrorCode::kUnavailable, "", "d"});
    EXPECT_NE(text.find("systemctl status sekimori-agent"), std::string::npos) << text;
    EXPECT_NE(text.find("systemctl status sekimori-collector"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sekimori::words
