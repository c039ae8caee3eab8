#include "proto/words/table.h"

#include <gtest/gtest.h>

namespace sekimori::words {
namespace {

TEST(Table, LinesUpJapaneseAndLatinText) {
  Table table({{"ポート"}, {"判定"}, {"件数", Align::kRight}});
  table.AddRow({"1-1", "拒否", "3"});
  table.AddRow({"usb1", "allow", "12"});
  EXPECT_EQ(table.Text(),
            "ポート  判定   件数\n"
            "1-1     拒否      3\n"
            "usb1    allow    12\n");
}

TEST(Table, KeepsACellFromBreakingOut) {
  Table table({{"name"}});
  table.AddRow({"x\n1-2 allow\x1b[1A"});
  EXPECT_EQ(table.Text(), "name\nx\\u{a}1-2 allow\\u{1b}[1A\n");
}

TEST(Table, CutsLongCells) {
  Table table({{"n", Align::kLeft, 4}, {"m"}});
  table.AddRow({"abcdef", "x"});
  EXPECT_EQ(table.Text(), "n     m\nabc…  x\n");
}

TEST(Table, FillsMissingCellsAndDropsSurplusOnes) {
  Table table({{"a"}, {"b"}});
  table.AddRow({"1"});
  table.AddRow({"1", "2", "3"});
  EXPECT_EQ(table.Text(), "a  b\n1\n1  2\n");
}

TEST(Table, HasNoHeadingLineWithoutHeadings) {
  Table table({{""}, {""}});
  EXPECT_TRUE(table.empty());
  table.AddRow({"key", "value"});
  EXPECT_EQ(table.Text(), "key  value\n");
}

}  // namespace
}  // namespace sekimori::words
