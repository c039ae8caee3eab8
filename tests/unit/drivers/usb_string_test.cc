#include "drivers/portable/usb_string.h"

#include <span>
#include <string>

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

std::string Decode(const std::string& descriptor) {
  return DecodeUsbString(std::as_bytes(std::span(descriptor)));
}

// The descriptor a device would send for this text.
std::string Descriptor(std::u16string_view text) {
  std::string bytes{static_cast<char>(2 + 2 * text.size()), 3};
  for (const char16_t unit : text) {
    bytes.push_back(static_cast<char>(unit & 0xff));
    bytes.push_back(static_cast<char>(unit >> 8));
  }
  return bytes;
}

std::string Decode(std::u16string_view text) {
  return Decode(Descriptor(text));
}

TEST(DecodeUsbString, GivesUtf8) {
  EXPECT_EQ(Decode(u"SanDisk 3.2Gen1"), "SanDisk 3.2Gen1");
  EXPECT_EQ(Decode(u"é関守"), "é関守");
  EXPECT_EQ(Decode(u"\U00020BB7野家"), "\xF0\xA0\xAE\xB7野家");
}

TEST(DecodeUsbString, KeepsSpacesAndCase) {
  EXPECT_EQ(Decode(u" aB  "), " aB  ");
}

TEST(DecodeUsbString, LeavesOutNulsAtTheEndAndReplacesThemInside) {
  EXPECT_EQ(Decode(std::u16string_view(u"AB\0\0", 4)), "AB");
  EXPECT_EQ(Decode(std::u16string_view(u"A\0B", 3)), "A\uFFFDB");
  EXPECT_EQ(Decode(std::u16string_view(u"\0\0", 2)), "");
}

struct Unsafe {
  const char* name;
  std::u16string text;
};

const Unsafe kUnsafe[] = {
    {"NewLine", u"\n"},
    {"Escape", u"\x1b"},
    {"Delete", u"\x7f"},
    {"C1Control", u"\x85"},
    {"RightToLeftOverride", u"\u202e"},
    {"FirstStrongIsolate", u"\u2068"},
    {"ArabicLetterMark", u"\u061c"},
    {"LeftToRightMark", u"\u200e"},
    {"ZeroWidthSpace", u"\u200b"},
    {"ByteOrderMark", u"\ufeff"},
    {"LineSeparator", u"\u2028"},
    {"SoftHyphen", u"\u00ad"},
    {"HangulFiller", u"\u3164"},
    {"PrivateUse", u"\ue000"},
    {"NonCharacter", u"\uffff"},
    {"NonCharacterOfAnotherPlane", u"\U0001fffe"},
    {"Tag", u"\U000e0041"},
    {"LoneHighSurrogate", std::u16string(1, char16_t{0xd800})},
    {"LoneLowSurrogate", std::u16string(1, char16_t{0xdc00})},
};

class UnsafeCharacter : public ::testing::TestWithParam<Unsafe> {};

TEST_P(UnsafeCharacter, IsReplaced) {
  EXPECT_EQ(Decode(u"a" + GetParam().text + u"b"), "a\uFFFDb");
}

INSTANTIATE_TEST_SUITE_P(Each, UnsafeCharacter, ::testing::ValuesIn(kUnsafe),
                         [](const ::testing::TestParamInfo<Unsafe>& unsafe) { return unsafe.param.name; });

TEST(DecodeUsbString, SwappedSurrogatesAreTwoReplacements) {
  EXPECT_EQ(Decode(std::u16string{char16_t{0xdc00}, char16_t{0xd800}}), "\uFFFD\uFFFD");
}

TEST(DecodeUsbString, EverythingElseIsEmpty) {
  EXPECT_EQ(Decode(std::string()), "");
  EXPECT_EQ(Decode(std::string("\x04")), "");
  EXPECT_EQ(Decode(std::string("\x04\x02\x41\x00", 4)), "") << "another type";
  EXPECT_EQ(Decode(std::string("\x00\x03\x41\x00", 4)), "") << "a length of nothing";
  EXPECT_EQ(Decode(std::string("\x02\x03", 2)), "");
}

TEST(DecodeUsbString, TrustsTheShorterOfBothLengths) {
  EXPECT_EQ(Decode(std::string("\x04\x03\x41\x00\x42\x00", 6)), "A");
  EXPECT_EQ(Decode(std::string("\xff\x03\x41\x00\x42\x00", 6)), "AB");
  EXPECT_EQ(Decode(std::string("\x05\x03\x41\x00\x42", 5)), "A") << "half a character";
}

TEST(DecodeUsbString, HoldsAtMost126Characters) {
  const std::string longest = Decode(Descriptor(std::u16string(126, u'x')));
  EXPECT_EQ(longest, std::string(126, 'x'));
}

TEST(FirstLanguage, IsTheFirstListed) {
  const std::string two("\x06\x03\x11\x04\x09\x04", 6);
  EXPECT_EQ(FirstLanguage(std::as_bytes(std::span(two))), 0x0411);
}

TEST(FirstLanguage, IsNoneWhenNoneIsListed) {
  const std::string none("\x02\x03", 2);
  EXPECT_EQ(FirstLanguage(std::as_bytes(std::span(none))), std::nullopt);
  EXPECT_EQ(FirstLanguage({}), std::nullopt);
}

}  // namespace
}  // namespace sekimori::drivers
