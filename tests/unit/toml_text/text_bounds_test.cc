// Which texts may stand in a file, and how they are shown when they may not.
#include "proto/toml_text/text_bounds.h"

#include <gtest/gtest.h>

namespace sekimori::toml_text {
namespace {

TEST(CharacterCount, CountsCodePoints) {
  EXPECT_EQ(CharacterCount(""), 0U);
  EXPECT_EQ(CharacterCount("abc"), 3U);
  EXPECT_EQ(CharacterCount("関守"), 2U);
  EXPECT_EQ(CharacterCount("𠮷野"), 2U);
}

TEST(FirstForbiddenCharacter, FindsWhatCouldActOnAScreen) {
  EXPECT_EQ(FirstForbiddenCharacter("情報主管課 (貸与) № 12 – é 𠮷"), std::nullopt);
  EXPECT_EQ(FirstForbiddenCharacter("a\tb"), "U+0009");
  EXPECT_EQ(FirstForbiddenCharacter("a\x1b[0m"), "U+001B");
  EXPECT_EQ(FirstForbiddenCharacter("\x7f"), "U+007F");
  EXPECT_EQ(FirstForbiddenCharacter("a\u009b"), "U+009B");
  EXPECT_EQ(FirstForbiddenCharacter("a\u2028"), "U+2028");
  EXPECT_EQ(FirstForbiddenCharacter("a\u200fb"), "U+200F");
  EXPECT_EQ(FirstForbiddenCharacter("a\u202eb"), "U+202E");
  EXPECT_EQ(FirstForbiddenCharacter("a\u2066b"), "U+2066");
  EXPECT_EQ(FirstForbiddenCharacter(std::string_view("\0", 1)), "U+0000");
}

TEST(Quoted, IsShortAndHarmless) {
  EXPECT_EQ(Quoted("媒体"), "\"媒体\"");
  EXPECT_EQ(Quoted("a\x1b[31m"), "\"a<U+001B>[31m\"");
  EXPECT_EQ(Quoted(std::string(61, 'x')), '"' + std::string(60, 'x') + "…\"");
}

TEST(IsUtf8, TakesShortestFormsOnly) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a é 関 𠮷"));
  EXPECT_TRUE(IsUtf8("\xf4\x8f\xbf\xbf"));
  for (const char* bytes : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe9\x96", "\xe9", "\xff"})
    EXPECT_FALSE(IsUtf8(bytes)) << Harmless(bytes, 8);
}

TEST(Harmless, ReplacesAndCuts) {
  EXPECT_EQ(Harmless("媒体", 10), "媒体");
  EXPECT_EQ(Harmless("媒体", 1), "媒");
  EXPECT_EQ(Harmless("a\x1b\xff\xe9\x96", 10), "a\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(Harmless("", 10), "");
}

TEST(Nearest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string_view> known{"vendor", "product", "hub"};
  EXPECT_EQ(Nearest("vender", known), "vendor");
  EXPECT_EQ(Nearest("prodct", known), "product");
  EXPECT_EQ(Nearest("hubs", known), "hub");
  EXPECT_EQ(Nearest("whitelist", known), std::nullopt);
  EXPECT_EQ(Nearest("", known), std::nullopt);
  EXPECT_EQ(Nearest(std::string(1000, 'a'), known), std::nullopt);
}

TEST(FirstLineNestedTooDeep, FollowsStringsAndComments) {
  const std::string deep(17, '[');
  EXPECT_EQ(FirstLineNestedTooDeep(deep), 1U);
  EXPECT_EQ(FirstLineNestedTooDeep("\n\n" + deep), 3U);
  EXPECT_EQ(FirstLineNestedTooDeep(std::string(16, '[')), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("# " + deep + "\n"), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"" + deep + "\""), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\\\"" + deep + "\""), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = '\\'\nb = " + deep), 2U);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\"\"\n" + deep + "\"\n\"\"\""), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\"\"x\"\"\"\"\"\nb = " + deep), 2U);
  EXPECT_EQ(FirstLineNestedTooDeep("a = '''" + deep + "'''''\nb = '''\n" + deep + "'''"), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\"\nb = " + deep), 2U);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \""), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\\"), std::nullopt);
  EXPECT_EQ(FirstLineNestedTooDeep("a = \"\"\"\\"), std::nullopt);
}

}  // namespace
}  // namespace sekimori::toml_text
