// What stands on the screen while a first code is waited for, and what stays there.
#include "agent/cli/totp_screen.h"

#include <gtest/gtest.h>

namespace sekimori::cli {
namespace {

constexpr const char* kUri = "otpauth://totp/Sekimori%20mado-03:sato?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=S";
constexpr const char* kGroups = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
constexpr const char* kClear = "\x1b[H\x1b[2J";

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
bool HasQr(const std::string& text) {
  return Has(text, "▀▀▀▀▀");
}

// What `act` writes to stdout.
template <typename Act>
std::string Written(const Act& act) {
  testing::internal::CaptureStdout();
  act();
  return testing::internal::GetCapturedStdout();
}

struct Person {
  explicit Person(ScreenTerms terms) : screen(console, terms, "sato", kUri) {}
  ~Person() {
    (void)Written([this] { screen.Leave(); });
  }
  std::string Sees(const std::string& notice = "") {
    return Written([&] { screen.Show(notice); });
  }
  Console console{words::Language::kEnglish};
  TotpScreen screen;
};

TEST(SeedInGroups, IsTheSeedAlone) {
  EXPECT_EQ(SeedInGroups(kUri), kGroups);
  EXPECT_EQ(SeedInGroups("otpauth://totp/x"), "");
}

TEST(TotpScreen, ShowsCodeAndTextWhereBothFit) {
  Person person({.interactive = true, .qr = true, .colours = true, .rows = 50, .columns = 100});
  const std::string seen = person.Sees();
  EXPECT_TRUE(HasQr(seen));
  EXPECT_TRUE(Has(seen, kGroups));
  EXPECT_TRUE(Has(seen, kUri));
  EXPECT_TRUE(Has(seen, "sato"));
  EXPECT_TRUE(Has(person.Sees("that was wrong"), "that was wrong"));
}

TEST(TotpScreen, ShowsOneAfterTheOtherWhereTheyDoNotFitTogether) {
  Person person({.interactive = true, .qr = true, .colours = true, .rows = 28, .columns = 80});
  std::string seen = person.Sees();
  EXPECT_TRUE(HasQr(seen));
  EXPECT_FALSE(Has(seen, kGroups));
  EXPECT_TRUE(Has(seen, "press Enter alone for text"));
  person.screen.Turn();
  seen = person.Sees();
  EXPECT_FALSE(HasQr(seen));
  EXPECT_TRUE(Has(seen, kGroups));
  person.screen.Turn();
  EXPECT_TRUE(HasQr(person.Sees()));
}

TEST(TotpScreen, SaysWhatSizeACodeNeeds) {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{20, 80}, {50, 40}}) {
    Person person({.interactive = true, .qr = true, .colours = true, .rows = rows, .columns = columns});
    const std::string seen = person.Sees();
    EXPECT_FALSE(HasQr(seen));
    EXPECT_TRUE(Has(seen, kGroups));
    EXPECT_TRUE(Has(seen, "too small"));
  }
}

TEST(TotpScreen, ShowsTextAloneWhereNoCodeIsWanted) {
  Person person({.interactive = true, .qr = false, .colours = true, .rows = 24, .columns = 80});
  const std::string seen = person.Sees();
  EXPECT_FALSE(HasQr(seen));
  EXPECT_FALSE(Has(seen, "too small"));
  EXPECT_TRUE(Has(seen, kGroups));
}

TEST(TotpScreen, LeavesNothingOnTheScreen) {
  Person person({.interactive = true, .qr = true, .colours = true, .rows = 50, .columns = 100});
  EXPECT_TRUE(person.Sees().starts_with(std::string("\x1b[?1049h") + kClear));
  EXPECT_TRUE(person.Sees().starts_with(kClear));
  EXPECT_EQ(Written([&] { person.screen.Leave(); }), std::string(kClear) + "\x1b[?1049l");
  EXPECT_EQ(Written([&] { person.screen.Leave(); }), "");
}

TEST(TotpScreen, SendsNoControlSequencesToATerminalWithoutThem) {
  Person person({.interactive = true, .qr = true, .colours = false, .rows = 0, .columns = 0});
  EXPECT_FALSE(Has(person.Sees(), "\x1b"));
  EXPECT_EQ(Written([&] { person.screen.Leave(); }), "");
}

TEST(TotpScreen, GivesAProgramTheUriOnce) {
  Person program({});
  testing::internal::CaptureStderr();
  EXPECT_EQ(program.Sees(), std::string(kUri) + "\n");
  EXPECT_EQ(program.Sees("wrong"), "");
  EXPECT_TRUE(Has(testing::internal::GetCapturedStderr(), "wrong\nType the 6-digit code"));
}

TEST(TotpScreen, GivesAProgramJsonIfItWantsThat) {
  Person program({});
  program.console.set_json(true);
  testing::internal::CaptureStderr();
  EXPECT_EQ(program.Sees(), std::string(R"({"user":"sato","uri":")") + kUri + "\"}\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sekimori::cli
