// Secrets that wipe themselves, and digits as people type them.
#include <type_traits>

#include <gtest/gtest.h>

#include "agent/model/secret.h"
#include "agent/model/typed_digits.h"

namespace sekimori::model {
namespace {

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret first("ひみつ");
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(second.bytes(), "ひみつ");
  Secret third("old");
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(third.bytes(), "ひみつ");
  EXPECT_EQ(third.Copy().bytes(), third.bytes());
  third.Wipe();
  EXPECT_TRUE(third.empty());
  EXPECT_EQ(third.bytes(), "");
}

TEST(Secret, IsNotCopiedByAccident) {
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
}

TEST(Secret, WipesEveryByte) {
  char bytes[] = {'a', 'b', 'c', 'd'};
  WipeBytes(bytes, 3);
  EXPECT_EQ(std::string_view(bytes, 4), std::string_view("\0\0\0d", 4));
}

TEST(SameSecret, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(SameSecret("", ""));
  EXPECT_TRUE(SameSecret("123456", "123456"));
  for (const char* const other : {"", "12345", "1234567", "023456", "123450",
                                  "123\xB4"
                                  "56"})
    EXPECT_FALSE(SameSecret("123456", other)) << other;
}

TEST(TypedDigits, TakesHalfAndFullWidthAndSpaces) {
  for (const char* const typed : {"012345", " 012 345 ", "012-345", "０１２３４５", "０12　345"}) {
    const std::optional<Secret> digits = TypedDigits(typed, 6);
    ASSERT_TRUE(digits.has_value()) << typed;
    EXPECT_EQ(digits->bytes(), "012345") << typed;
  }
  EXPECT_EQ(TypedDigits("６７８９", 8)->bytes(), "6789");
}

TEST(TypedDigits, TakesNothingElse) {
  for (const char* const typed : {"", " ", "0123456", "01234a", "+12345", "1.5", "０１２３４５６", "\xEF\xBC",
                                  "\xEF\xBC\x8F", "\xEF\xBC\x9A", "\xEF\xBD\x90", "\xE3\x80", "٣٣٣", "\n1"})
    EXPECT_FALSE(TypedDigits(typed, 6).has_value()) << typed;
  EXPECT_FALSE(TypedDigits(std::string_view("1\0002", 3), 6).has_value());
}

}  // namespace
}  // namespace sekimori::model
