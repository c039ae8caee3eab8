#include "agent/known_users.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_sessions.h"

namespace sekimori::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Names(const KnownUsers& users) {
  const auto known = users.LoggedIn();
  EXPECT_TRUE(known.ok());
  std::vector<std::string> names;
  if (known.ok())
    for (const ports::LoggedInUser& user : known.value())
      names.push_back(user.name);
  return names;
}

TEST(KnownUsers, KnowsNobodyBeforeItFirstAsked) {
  fakes::FakeSessions sessions;
  sessions.LogIn("tanaka");
  const KnownUsers users(sessions);
  EXPECT_THAT(Names(users), IsEmpty());
}

TEST(KnownUsers, RemembersWhoWasThereWhenItLastAsked) {
  fakes::FakeSessions sessions;
  sessions.LogIn("tanaka");
  KnownUsers users(sessions);
  users.Refresh();
  sessions.LogOut("tanaka");
  EXPECT_THAT(Names(users), ElementsAre("tanaka"));
  users.Refresh();
  EXPECT_THAT(Names(users), IsEmpty());
}

TEST(KnownUsers, KnowsNobodyWhenTheyCannotBeAskedForAndRecovers) {
  fakes::FakeSessions sessions;
  sessions.LogIn("tanaka");
  KnownUsers users(sessions);
  users.Refresh();
  sessions.Fail(Error{ErrorCode::kIo, "sessions", "no answer"});
  users.Refresh();
  ASSERT_FALSE(users.LoggedIn().ok());
  EXPECT_EQ(users.LoggedIn().error().code, ErrorCode::kIo);
  sessions.Fail(std::nullopt);
  users.Refresh();
  EXPECT_THAT(Names(users), ElementsAre("tanaka"));
}

// A name service that takes its time: while it is asked, something happens.
class SlowSessions final : public ports::Sessions {
 public:
  explicit SlowSessions(const ports::Sessions& sessions) : sessions_(sessions) {}
  mutable std::function<void()> meanwhile;  // once

  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override {
    auto then = sessions_.LoggedIn();
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return then;
  }

 private:
  const ports::Sessions& sessions_;
};

TEST(KnownUsers, AreNotOverwrittenByAnOlderAnswerThatComesLater) {
  fakes::FakeSessions sessions;
  sessions.LogIn("tanaka");
  SlowSessions slow(sessions);
  KnownUsers users(slow);
  slow.meanwhile = [&] {
    sessions.LogOut("tanaka");
    users.Refresh();  // another thread's, begun later and done sooner
  };
  users.Refresh();
  EXPECT_THAT(Names(users), IsEmpty()) << "somebody who has left still opens the door";
}

}  // namespace
}  // namespace sekimori::agent
