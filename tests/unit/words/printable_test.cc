#include "proto/words/printable.h"

#include <gtest/gtest.h>

namespace sekimori::words {
namespace {

TEST(Printable, KeepsOrdinaryTextOfAnyScript) {
  EXPECT_EQ(Printable("関守 USB メモリ ｶﾅ é 😀"), "関守 USB メモリ ｶﾅ é 😀");
}

TEST(Printable, EscapesWhatCouldDriveATerminalOrForgeALine) {
  struct Case {
    const char* name;
    std::string_view text, expected;
  };
  const Case cases[] = {
      {"escape", "\x1b]0;x\x07", "\\u{1b}]0;x\\u{7}"},
      {"newline", "a\nb\r", "a\\u{a}b\\u{d}"},
      {"NUL", std::string_view("a\0b", 3), "a\\u{0}b"},
      {"DEL", "\x7f", "\\u{7f}"},
      {"C1 control sequence introducer", "\xc2\x9b", "\\u{9b}"},
      {"right-to-left override",
       "a\xe2\x80\xae"
       "b",
       "a\\u{202e}b"},
      {"isolate", "\xe2\x81\xa6", "\\u{2066}"},
      {"zero-width space", "\xe2\x80\x8b", "\\u{200b}"},
      {"byte order mark", "\xef\xbb\xbf", "\\u{feff}"},
      {"line separator", "\xe2\x80\xa8", "\\u{2028}"},
      {"tag character", "\xf3\xa0\x81\x81", "\\u{e0041}"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Printable(c.text), c.expected) << c.name;
}

TEST(Printable, ReplacesBytesThatAreNotUtf8) {
  struct Case {
    const char* name;
    std::string_view text, expected;
  };
  const Case cases[] = {
      {"lone continuation", "\x80", "\xef\xbf\xbd"},
      {"cut short", "\xe9\x96", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong slash", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong NUL in three bytes", "\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"beyond Unicode", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"Latin-1 before ASCII", "\xe9x", "\xef\xbf\xbdx"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Printable(c.text), c.expected) << c.name;
}

TEST(Printable, ChangesNothingTheSecondTime) {
  const std::string once = Printable("\x1b\xff\xe2\x80\xaeok");
  EXPECT_EQ(Printable(once), once);
}

TEST(PrintableJson, EscapesWhatCouldDriveATerminalAndMeansTheSame) {
  struct Case {
    const char* name;
    std::string_view json, expected;
  };
  const Case cases[] = {
      {"ordinary text", R"({"name": "関守 é 😀"})", R"({"name": "関守 é 😀"})"},
      {"what JSON itself escapes, and lines between values", "{\n\t\"a\": \"\\u001b\"\r\n}",
       "{\n\t\"a\": \"\\u001b\"\r\n}"},
      {"C1 control sequence introducer", "\"\xc2\x9b\"", R"("\u009b")"},
      {"DEL", "\"\x7f\"", R"("\u007f")"},
      {"right-to-left override", "\"\xe2\x80\xae\"", R"("\u202e")"},
      {"tag character, in two units", "\"\xf3\xa0\x81\x81\"", R"("\udb40\udc41")"},
      {"not UTF-8", "\"\xff\"", "\"\xef\xbf\xbd\""},
  };
  for (const Case& c : cases)
    EXPECT_EQ(PrintableJson(c.json), c.expected) << c.name;
}

TEST(DisplayWidth, CountsColumnsAsATerminalDoes) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("関守"), 4U);
  EXPECT_EQ(DisplayWidth("ｶﾅ"), 2U);              // halfwidth katakana
  EXPECT_EQ(DisplayWidth("Ａ"), 2U);              // fullwidth Latin
  EXPECT_EQ(DisplayWidth("か\xe3\x82\x99"), 2U);  // combining voicing mark
  EXPECT_EQ(DisplayWidth("😀"), 2U);
  EXPECT_EQ(DisplayWidth("𠮟"), 2U);  // beyond the basic plane
  EXPECT_EQ(DisplayWidth(""), 0U);
}

TEST(CutToWidth, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdef", 5), "abcd…");
  EXPECT_EQ(CutToWidth("関守関守", 6), "関守…");
  EXPECT_EQ(CutToWidth("関守関守", 5), "関守…");
  EXPECT_EQ(CutToWidth("関守", 1), "…");
  EXPECT_EQ(CutToWidth("関守", 0), "");
}

}  // namespace
}  // namespace sekimori::words
