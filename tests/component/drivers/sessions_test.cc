#include "drivers/linux/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST(LogindSessions, NamesTheUserAndAllGroups) {
  const ports::LoggedInUser root = LogindSessions().Describe(0);
  EXPECT_EQ(root.name, "root");
  EXPECT_THAT(root.groups, Contains("root"));
}

TEST(LogindSessions, UnknownUserIsNamedByNumberAndInNoGroup) {
  const ports::LoggedInUser nobody_known = LogindSessions().Describe(3'987'654'321U);
  EXPECT_EQ(nobody_known.name, "uid:3987654321");
  EXPECT_THAT(nobody_known.groups, IsEmpty());
}

TEST(LogindSessions, AnswersWithAndWithoutLogind) {
  const Result<std::set<std::uint32_t>> uids = LogindSessions().Uids();
  EXPECT_TRUE(uids.ok()) << ToString(uids.error());
}

}  // namespace
}  // namespace sekimori::drivers
