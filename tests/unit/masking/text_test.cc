#include "proto/masking/text.h"

#include <gtest/gtest.h>

namespace sekimori::masking {
namespace {

TEST(ReadCharacter, ReadsOneToFourOctets) {
  const std::string text = "aé漢🔒";
  const std::pair<char32_t, std::size_t> want[] = {{U'a', 1}, {U'é', 2}, {U'漢', 3}, {U'🔒', 4}};
  std::size_t at = 0;
  for (const auto& [code, length] : want) {
    const Character character = ReadCharacter(text, at, Encoding::kPlain);
    EXPECT_EQ(character.code, code);
    EXPECT_EQ(character.length, length);
    at += character.length;
  }
  EXPECT_EQ(at, text.size());
}

TEST(ReadCharacter, StepsOneOctetOverWhatIsNotUtf8) {
  for (const std::string text : {"\x80", "\xc0\xb1", "\xe3\x81", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                 "\xf8\x88\x80\x80\x80", "\xe0\x80\xb1", "\xff"}) {
    const Character character = ReadCharacter(text, 0, Encoding::kPlain);
    EXPECT_EQ(character.code, kNotUtf8) << text;
    EXPECT_EQ(character.length, 1U) << text;
  }
}

TEST(MakeUtf8, ReplacesOnlyWhatIsDamaged) {
  std::string text = "市\xe3\x81役所\xff";
  EXPECT_FALSE(IsUtf8(text));
  EXPECT_TRUE(MakeUtf8(text));
  EXPECT_EQ(text, "市��役所�");
  EXPECT_TRUE(IsUtf8(text));
  EXPECT_FALSE(MakeUtf8(text));
}

TEST(CutUtf8, CutsBetweenCharactersAndSaysSo) {
  std::string text = "漢字漢字";
  EXPECT_FALSE(CutUtf8(text, 12));
  for (std::size_t bound = 3; bound < 12; ++bound) {
    std::string cut = text;
    EXPECT_TRUE(CutUtf8(cut, bound));
    EXPECT_LE(cut.size(), bound);
    EXPECT_TRUE(IsUtf8(cut));
    EXPECT_TRUE(cut.ends_with("…"));
  }
}

}  // namespace
}  // namespace sekimori::masking
