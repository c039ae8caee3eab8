#include "server/ctl/csv.h"

#include <gtest/gtest.h>

namespace sekimori::ctl {
namespace {

std::string Line(const std::vector<std::string>& cells) {
  std::string out;
  AppendCsvLine(out, cells);
  return out;
}

TEST(NeutralCell, MakesTextOfEveryFormula) {
  const char* const formulas[] = {"=1+1", "+1",       "-1",  "@SUM(A1)", "\t=1", "\r=1",  "\n=1",
                                  "  =1", "\u3000=1", "＝1", "＋1",      "－1",  "＠SUM", "=cmd|' /C calc'!A0"};
  for (const char* formula : formulas)
    EXPECT_EQ(std::string("'") + formula, NeutralCell(formula));
}

TEST(NeutralCell, LeavesOtherTextAlone) {
  for (const char* text : {"", "Flash Drive", "a=b", "1-2", "' quoted", "記憶装置"})
    EXPECT_EQ(text, NeutralCell(text));
}

TEST(AppendCsvLine, QuotesWhatRfc4180AsksFor) {
  EXPECT_EQ("a,b\r\n", Line({"a", "b"}));
  EXPECT_EQ("\"a,b\",c\r\n", Line({"a,b", "c"}));
  EXPECT_EQ("\"say \"\"hi\"\"\"\r\n", Line({"say \"hi\""}));
  EXPECT_EQ("\r\n", Line({""}));
}

TEST(AppendCsvLine, KeepsADeviceNameInItsCell) {
  // A line break would begin a row of the device's own making.
  const std::string line = Line({"x\r\nfake,row\r\n", "end"});
  EXPECT_EQ(line.size() - 2, line.find("\r\n"));
  EXPECT_EQ(std::string::npos, line.find('\x1b'));
  EXPECT_EQ("'\\u{9}=1", Line({"\t=1"}).substr(0, 8));
}

TEST(AppendCsvLine, ShowsControlCharacters) {
  const std::string line = Line({"\x1b[2Jgone\xff"});
  EXPECT_EQ(std::string::npos, line.find('\x1b'));
  EXPECT_NE(std::string::npos, line.find("\\u{1b}"));
  EXPECT_NE(std::string::npos, line.find("\uFFFD"));
}

}  // namespace
}  // namespace sekimori::ctl
