#include "server/ctl/text_diff.h"

#include <gtest/gtest.h>

namespace sekimori::ctl {
namespace {

TEST(TextDiff, IsEmptyForEqualTexts) {
  EXPECT_EQ("", TextDiff("", "", "a", "b"));
  EXPECT_EQ("", TextDiff("one\ntwo\n", "one\ntwo\n", "a", "b"));
}

TEST(TextDiff, ShowsAChangeWithItsSurroundings) {
  const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  const std::string after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
  EXPECT_EQ("--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
            TextDiff(before, after, "old", "new"));
}

TEST(TextDiff, ShowsDistantChangesApart) {
  std::string before, after;
  for (int i = 1; i <= 30; ++i) {
    before += std::to_string(i) + "\n";
    if (i != 2) after += (i == 25 ? "x" : std::to_string(i)) + "\n";
  }
  EXPECT_EQ(
      "--- a\n+++ b\n@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -22,7 +21,7 @@\n 22\n 23\n 24\n-25\n+x\n 26\n 27\n 28\n",
      TextDiff(before, after, "a", "b"));
}

TEST(TextDiff, ShowsAllOfATextThatHadNone) {
  EXPECT_EQ("--- a\n+++ b\n@@ -1,0 +1,2 @@\n+one\n+two\n", TextDiff("", "one\ntwo\n", "a", "b"));
}

TEST(TextDiff, TellsOfAMissingLastLineEnd) {
  EXPECT_NE("", TextDiff("one\n", "one", "a", "b"));
}

TEST(TextDiff, KeepsHostileTextFromTheTerminal) {
  const std::string diff = TextDiff("", "reason = \"\x1b[2J\"\n", "a", "b\x1b");
  EXPECT_EQ(std::string::npos, diff.find('\x1b'));
}

TEST(TextDiff, StaysBoundedForTextsThatShareNothing) {
  std::string before, after;
  for (int i = 0; i < 50'000; ++i) {
    before += "b" + std::to_string(i) + "\n";
    after += "a" + std::to_string(i) + "\n";
  }
  const std::string diff = TextDiff(before, after, "a", "b");
  EXPECT_EQ(100'000 + 3, std::count(diff.begin(), diff.end(), '\n'));
}

}  // namespace
}  // namespace sekimori::ctl
