#include "server/ctl/progress.h"

#include <gtest/gtest.h>

namespace sekimori::ctl {
namespace {

TEST(ProgressLine, ShowsPartCountAndTimeLeft) {
  EXPECT_EQ("x [###############...............] 50 %  500/1000  ~4 s",
            Progress::Line("x", 500, 1000, std::chrono::milliseconds(4000)));
}

TEST(ProgressLine, NeverLeavesItsFrame) {
  EXPECT_EQ("x [..............................] 0 %  0/0", Progress::Line("x", 0, 0, std::chrono::milliseconds(1)));
  EXPECT_EQ("x [##############################] 100 %  12/10  ~0 s",
            Progress::Line("x", 12, 10, std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace sekimori::ctl
