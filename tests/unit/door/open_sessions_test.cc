#include "agent/door/open_sessions.h"

#include <gtest/gtest.h>

namespace sekimori::door {
namespace {

model::LoginRequest RequestOf(model::LoginProcess process, model::LoginProcess parent = {1, 1}) {
  model::LoginRequest request;
  request.service = "login";
  request.user = model::LoginUser{1000, "yamada", {}};
  request.process = process;
  request.parent = parent;
  return request;
}

TEST(OpenSessions, AreClosedOnceByWhoOpenedThem) {
  OpenSessions sessions;
  sessions.Opened(RequestOf({50, 7}));
  EXPECT_FALSE(sessions.Close(RequestOf({50, 8}))) << "a later process of the same number";
  EXPECT_FALSE(sessions.Close(RequestOf({51, 7})));
  EXPECT_TRUE(sessions.Close(RequestOf({50, 7})));
  EXPECT_FALSE(sessions.Close(RequestOf({50, 7})));
}

TEST(OpenSessions, AreClosedByAChildToo) {
  OpenSessions sessions;
  sessions.Opened(RequestOf({50, 7}));
  EXPECT_TRUE(sessions.Close(RequestOf({60, 9}, {50, 7})));
}

TEST(OpenSessions, OfAnotherUserOrServiceAreNotClosed) {
  OpenSessions sessions;
  sessions.Opened(RequestOf({50, 7}));
  model::LoginRequest other = RequestOf({50, 7});
  other.user->uid = 1001;
  EXPECT_FALSE(sessions.Close(other));
  other = RequestOf({50, 7});
  other.service = "sudo";
  EXPECT_FALSE(sessions.Close(other));
  other.user.reset();
  EXPECT_FALSE(sessions.Close(other));
}

TEST(OpenSessions, OfProcessesThatNobodyCouldReadAreNotKept) {
  OpenSessions sessions;
  sessions.Opened(RequestOf({}));
  EXPECT_FALSE(sessions.Close(RequestOf({})));
}

TEST(OpenSessions, TheOldestIsForgottenWhenThereAreTooMany) {
  OpenSessions sessions(2);
  for (const std::uint32_t pid : {50U, 51U, 52U})
    sessions.Opened(RequestOf({pid, 7}));
  EXPECT_FALSE(sessions.Close(RequestOf({50, 7})));
  EXPECT_TRUE(sessions.Close(RequestOf({51, 7})));
  EXPECT_TRUE(sessions.Close(RequestOf({52, 7})));
}

}  // namespace
}  // namespace sekimori::door
