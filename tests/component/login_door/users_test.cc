#include "drivers/linux/users.h"

#include <future>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

using std::chrono::milliseconds;
using testing::Contains;

TEST(FindUser, KnowsTheMachinesUsers) {
  const auto root = SystemUsers().Find("root");
  ASSERT_TRUE(root.ok()) << ToString(root.error());
  ASSERT_TRUE(root.value());
  EXPECT_EQ(root.value()->uid, 0U);
  EXPECT_EQ(root.value()->name, "root");
  EXPECT_THAT(root.value()->groups, Contains("root"));
}

TEST(FindUser, KnowsNobodyByAnotherName) {
  for (const char* const name : {"", "0", "nobody-has-this-name", "root ", "sekimori:nobody"}) {
    const auto user = FindUser(name);
    ASSERT_TRUE(user.ok()) << ToString(user.error());
    EXPECT_EQ(user.value(), std::nullopt) << name;
  }
}

// A name service that hangs for one name until the test ends.
struct HangingService {
  ~HangingService() { release.set_value(); }
  SystemUsers::Search Search() {
    return [hold = std::shared_future<void>(held)](const std::string& name) {
      if (name == "hangs") hold.wait();
      return Result(std::optional(model::LoginUser{1000, name, {}}));
    };
  }
  std::promise<void> release;
  std::shared_future<void> held{release.get_future()};
};

TEST(SystemUsers, WaitsForNoNameServiceThatHangs) {
  HangingService service;
  const SystemUsers users(service.Search(), {.patience = milliseconds(50), .at_once = 4});
  const auto hung = users.Find("hangs");
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code, ErrorCode::kTimeout);
  const auto other = SystemUsers(service.Search(), {.patience = milliseconds(10'000), .at_once = 4}).Find("yamada");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other.value()->name, "yamada");
}

TEST(SystemUsers, AskNoMoreThanSoManyAtOnce) {
  HangingService service;
  const SystemUsers users(service.Search(), {.patience = milliseconds(10), .at_once = 2});
  EXPECT_EQ(users.Find("hangs").error().code, ErrorCode::kTimeout);
  EXPECT_EQ(users.Find("hangs").error().code, ErrorCode::kTimeout);
  EXPECT_EQ(users.Find("hangs").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(users.Find("yamada").error().code, ErrorCode::kUnavailable);
}

TEST(SystemUsers, GiveThePlaceBack) {
  HangingService service;
  const SystemUsers users(service.Search(), {.patience = milliseconds(10'000), .at_once = 1});
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(users.Find("yamada").ok());
}

}  // namespace
}  // namespace sekimori::drivers
