#include "drivers/linux/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST(DescribeUser, NamesTheUserAndAllGroups) {
  const ports::LoggedInUser root = DescribeUser(0);
  EXPECT_EQ(root.name, "root");
  EXPECT_THAT(root.groups, Contains("root"));
}

TEST(DescribeUser, UnknownUserIsNamedByNumberAndInNoGroup) {
  const ports::LoggedInUser nobody_known = DescribeUser(3'987'654'321U);
  EXPECT_EQ(nobody_known.name, "uid:3987654321");
  EXPECT_THAT(nobody_known.groups, IsEmpty());
}

TEST(LogindSessions, AnswersWithAndWithoutLogind) {
  const Result<std::vector<ports::LoggedInUser>> users = LogindSessions().LoggedIn();
  ASSERT_TRUE(users.ok()) << ToString(users.error());
  EXPECT_TRUE(std::is_sorted(users.value().begin(), users.value().end()));
}

}  // namespace
}  // namespace sekimori::drivers
