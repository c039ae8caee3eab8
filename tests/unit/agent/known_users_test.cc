#include "agent/known_users.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_logins.h"

namespace sekimori::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kLong{60};  // never waited for to its end

std::vector<std::string> Names(const KnownUsers& users) {
  const auto known = users.LoggedIn();
  EXPECT_TRUE(known.ok());
  std::vector<std::string> names;
  if (known.ok())
    for (const ports::LoggedInUser& user : known.value())
      names.push_back(user.name);
  return names;
}

class KnownUsersTest : public ::testing::Test {
 protected:
  void TearDown() override { logins_->Hang(false); }
  void Refresh() {
    users_.Refresh();
    users_.WaitUntilKnown(kLong);
  }

  const std::shared_ptr<fakes::FakeLogins> logins_ = std::make_shared<fakes::FakeLogins>();
  std::atomic<int> told_{0};
  KnownUsers users_{logins_, [this] { ++told_; }};
};

TEST_F(KnownUsersTest, KnowsNobodyBeforeItFirstAsked) {
  logins_->LogIn(1001, "tanaka");
  EXPECT_THAT(Names(users_), IsEmpty());
}

TEST_F(KnownUsersTest, RemembersWhoWasThereWhenItLastAsked) {
  logins_->LogIn(1001, "tanaka", {"counter"});
  logins_->LogIn(1002, "abe");
  Refresh();
  logins_->LogOut(1001);
  EXPECT_THAT(Names(users_), ElementsAre("abe", "tanaka"));
  Refresh();
  EXPECT_THAT(Names(users_), ElementsAre("abe"));
}

TEST_F(KnownUsersTest, KnowsNobodyWhenTheyCannotBeAskedForAndRecovers) {
  logins_->LogIn(1001, "tanaka");
  Refresh();
  logins_->Fail(Error{ErrorCode::kIo, "sessions", "no answer"});
  Refresh();
  ASSERT_FALSE(users_.LoggedIn().ok());
  EXPECT_EQ(users_.LoggedIn().error().code, ErrorCode::kIo);
  logins_->Fail(std::nullopt);
  Refresh();
  EXPECT_THAT(Names(users_), ElementsAre("tanaka"));
}

TEST_F(KnownUsersTest, ForgetsWhoLeftAtOnceAlthoughTheNameServiceHangs) {
  logins_->LogIn(1001, "tanaka");
  Refresh();
  logins_->Hang(true);
  logins_->LogOut(1001);
  logins_->LogIn(1002, "abe");
  users_.Refresh();
  EXPECT_THAT(Names(users_), IsEmpty()) << "somebody who has left still opens the door";
  logins_->Hang(false);
  users_.WaitUntilKnown(kLong);
  EXPECT_THAT(Names(users_), ElementsAre("abe"));
}

TEST_F(KnownUsersTest, KeepsWhoIsStillThereWhileTheNameServiceHangs) {
  logins_->LogIn(1001, "tanaka");
  Refresh();
  logins_->Hang(true);
  users_.Refresh();
  EXPECT_THAT(Names(users_), ElementsAre("tanaka"));
}

TEST_F(KnownUsersTest, ANameThatComesAfterItsUserLeftIsForNobody) {
  logins_->LogIn(1001, "tanaka");
  logins_->Hang(true);
  users_.Refresh();
  logins_->WaitUntilAsked();
  logins_->LogOut(1001);
  users_.Refresh();
  logins_->Hang(false);
  users_.WaitUntilKnown(kLong);
  EXPECT_THAT(Names(users_), IsEmpty());
}

TEST_F(KnownUsersTest, TellsWhenANameOrAGroupHasComeAndOnlyThen) {
  logins_->LogIn(1001, "tanaka", {"counter"});
  Refresh();
  EXPECT_EQ(told_, 1);
  Refresh();
  EXPECT_EQ(told_, 1);
  logins_->LogIn(1001, "tanaka", {"counter", "media"});
  Refresh();
  EXPECT_EQ(told_, 2);
  EXPECT_THAT(users_.LoggedIn().value().at(0).groups, ElementsAre("counter", "media"));
}

TEST(KnownUsers, EndsAlthoughTheNameServiceHangs) {
  const auto logins = std::make_shared<fakes::FakeLogins>();
  logins->LogIn(1001, "tanaka");
  logins->Hang(true);
  int told = 0;
  {
    KnownUsers users(logins, [&] { ++told; });
    users.Refresh();
    logins->WaitUntilAsked();
  }
  EXPECT_EQ(told, 0);
  logins->Hang(false);
}

}  // namespace
}  // namespace sekimori::agent
