#include "proto/masking/individual_number.h"

#include <gtest/gtest.h>

namespace sekimori::masking {
namespace {

// 123456789018, 987654321093 and 111111111118 have valid check digits.
struct Case {
  const char* name;
  std::string text;
  std::string want;
};

void CheckAll(std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    std::string text = one.text;
    const std::size_t found = MaskIndividualNumbers(text);
    EXPECT_EQ(text, one.want) << one.name;
    EXPECT_EQ(found > 0, one.text != one.want) << one.name;
    EXPECT_EQ(text.size(), one.text.size()) << one.name;
  }
}

// Worked by hand: digits 1 2 3 4 5 6 7 8 9 0 1 with weights 6 5 4 3 2 7 6 5 4 3 2 give 212 = 19×11 + 3, so 11 − 3.
TEST(CheckDigit, FollowsTheOrdinance) {
  const std::uint8_t one_to_nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1};
  EXPECT_EQ(CheckDigit(one_to_nine), 8);
  const std::uint8_t zeros[11] = {};
  EXPECT_EQ(CheckDigit(zeros), 0) << "remainder 0";
  const std::uint8_t remainder_one[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6};
  EXPECT_EQ(CheckDigit(remainder_one), 0) << "2 × 6 = 12, remainder 1";
  const std::uint8_t remainder_two[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(CheckDigit(remainder_two), 9);
}

TEST(MaskIndividualNumbers, ReplacesDigitsAndKeepsTheRest) {
  CheckAll({
      {"alone", "123456789018", "************"},
      {"in a sentence", "番号は123456789018です", "番号は************です"},
      {"full width", "１２３４５６７８９０１８", "＊＊＊＊＊＊＊＊＊＊＊＊"},
      {"mixed widths", "１２３４5678９０１８", "＊＊＊＊****＊＊＊＊"},
      {"hyphens", "1234-5678-9018", "****-****-****"},
      {"spaced hyphens", "1234 - 5678 - 9018", "**** - **** - ****"},
      {"full-width hyphens", "１２３４－５６７８－９０１８", "＊＊＊＊－＊＊＊＊－＊＊＊＊"},
      {"prolonged sound mark", "１２３４ー５６７８ー９０１８", "＊＊＊＊ー＊＊＊＊ー＊＊＊＊"},
      {"ideographic space", "1234　5678　9018", "****　****　****"},
      {"zero width space", "1234\u200b5678\u200b9018", "****\u200b****\u200b****"},
      {"no-break space", "1234\u00a05678\u00a09018", "****\u00a0****\u00a0****"},
      {"every digit apart", "1 2 3 4 5 6 7 8 9 0 1 8", "* * * * * * * * * * * *"},
      {"dots and slashes", "1234.5678/9018", "****.****/****"},
      {"plus of a form", "1234+5678+9018", "****+****+****"},
      {"next to letters", "ID123456789018X", "ID************X"},
      {"two of them", "123456789018 987654321093", "************ ************"},
      {"in a file name", "/home/a/123456789018_住民票.pdf", "/home/a/************_住民票.pdf"},
  });
}

TEST(MaskIndividualNumbers, FindsANumberAmongOtherGroups) {
  CheckAll({
      {"after a date", "20240401 123456789018", "20240401 ************"},
      {"before a date", "123456789018_20240401", "************_20240401"},
      {"between", "12-123456789018-3", "12-************-3"},
      {"grouped, after a number", "7 1234-5678-9018", "7 ****-****-****"},
      {"half width after full width", "３０123456789018", "３０************"},
      {"full width after half width", "30１２３４５６７８９０１８", "30＊＊＊＊＊＊＊＊＊＊＊＊"},
      {"overlapping", "111111111118 1111 1111 1118", "************ **** **** ****"},
  });
}

TEST(MaskIndividualNumbers, LeavesOtherNumbersAlone) {
  CheckAll({
      {"wrong check digit", "123456789019", "123456789019"},
      {"eleven digits", "23456789018", "23456789018"},
      {"a serial of thirteen", "1234567890181", "1234567890181"},
      {"a serial that begins with one", "12345678901812345678", "12345678901812345678"},
      {"a group that ends inside", "1234-5678-90187", "1234-5678-90187"},
      {"too many separators", "1234----5678----9018", "1234----5678----9018"},
      {"another sign between", "1234:5678:9018", "1234:5678:9018"},
      {"letters between", "1234a5678b9018", "1234a5678b9018"},
      {"empty", "", ""},
  });
}

TEST(MaskIndividualNumbers, ReadsPercentEncodingBothWays) {
  CheckAll({
      {"after an escape", "%E4%BD%80123456789018.pdf", "%E4%BD%80************.pdf"},
      {"after a sign", "100%123456789018", "100%************"},
      {"escaped spaces", "1234%205678%209018", "****%20****%20****"},
      {"escaped digits", "%31%32%33%34%35%36%37%38%39%30%31%38", "%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A%2A"},
      {"escaped full width", "%EF%BC%91%ef%bc%92345678901%38", "%EF%BC%8A%ef%bc%8A*********%2A"},
      {"cut escape at the end", "123456789018%3", "************%3"},
  });
}

TEST(MaskIndividualNumbers, IsNotLedAstrayByBytesThatAreNotUtf8) {
  CheckAll({
      {"before",
       "\xff\xfe"
       "123456789018",
       "\xff\xfe"
       "************"},
      {"half a full-width digit",
       "\xef\xbc"
       "123456789018",
       "\xef\xbc"
       "************"},
      {"a lead octet that would swallow three",
       "\xf0"
       "123456789018",
       "\xf0"
       "************"},
      {"between",
       "1234\xff"
       "5678\xff"
       "9018",
       "****\xff"
       "****\xff"
       "****"},
      {"a zero octet", std::string("\0", 1) + "123456789018", std::string("\0", 1) + "************"},
  });
}

TEST(MaskIndividualNumbers, CountsNumbers) {
  std::string text = "123456789018, 987654321093 and 1234-5678-9019";
  EXPECT_EQ(MaskIndividualNumbers(text), 2U);
  text = "100% of 123456789018";
  EXPECT_EQ(MaskIndividualNumbers(text), 1U) << "read both ways, counted once";
}

}  // namespace
}  // namespace sekimori::masking
