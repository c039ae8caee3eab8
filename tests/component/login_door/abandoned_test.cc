// A login that its client abandons, at whatever point, leaves no thread, no ticket and no grant behind.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/login/login.h"
#include "tests/component/login_door/standing_agent.h"
#include "tests/component/pam/login.h"

namespace sekimori::tests {
namespace {

using testing::ElementsAre;
using testing::Field;

std::string BytesOf(const LoginFrame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes), frame.size};
}
std::string Begin() {
  LoginBegin begin{};
  begin.phase = kLoginAuthenticate;
  (void)LoginCopyText(begin.service, sizeof begin.service, "login");
  (void)LoginCopyText(begin.user, sizeof begin.user, "yamada");
  LoginFrame frame;
  EXPECT_EQ(LoginEncodeBegin(&begin, &frame), kLoginSound);
  return BytesOf(frame);
}
std::string Answer() {
  LoginFrame frame;
  EXPECT_EQ(LoginEncodeAnswer("right", &frame), kLoginSound);
  return BytesOf(frame);
}

void Say(int fd, const std::string& bytes) {
  ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}
// The agent has said something.
void Hear(int fd) {
  pollfd polled{fd, POLLIN, 0};
  ASSERT_EQ(::poll(&polled, 1, 10'000), 1);
  char thrown_away[4096];
  ASSERT_GT(::recv(fd, thrown_away, sizeof thrown_away, 0), 0);
}

struct Point {
  const char* name;
  void (*before)(int fd);
  bool recorded;
};
void PrintTo(const Point& point, std::ostream* out) {
  *out << point.name;
}

const Point kPoints[] = {
    {"at_once", [](int) {}, false},
    {"in_the_header", [](int fd) { Say(fd, Begin().substr(0, 3)); }, false},
    {"in_begin", [](int fd) { Say(fd, Begin().substr(0, 20)); }, false},
    {"at_the_first_question",
     [](int fd) {
       Say(fd, Begin());
       Hear(fd);
     },
     true},
    {"in_the_answer",
     [](int fd) {
       Say(fd, Begin());
       Hear(fd);
       Say(fd, Answer().substr(0, 9));
     },
     true},
    {"at_the_second_question",
     [](int fd) {
       Say(fd, Begin());
       Hear(fd);
       Say(fd, Answer());
       Hear(fd);
     },
     true},
};

class Abandoned : public testing::TestWithParam<Point> {};

TEST_P(Abandoned, LeavesNothing) {
  StandingAgent agent;
  const int fd = CallAgent();
  GetParam().before(fd);
  ::close(fd);
  EXPECT_TRUE(agent.porter.EverybodyLeft(1));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (agent.socket.connections() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(agent.socket.connections(), 0U);
  EXPECT_EQ(agent.tickets.open(), 0U);
  EXPECT_THAT(agent.journal.logins(), testing::SizeIs(GetParam().recorded ? 1 : 0));
  EXPECT_THAT(agent.journal.logins(),
              testing::Each(Field(&model::LoginJudged::reason, model::LoginReason::kCancelled)));
}

INSTANTIATE_TEST_SUITE_P(Table, Abandoned, testing::ValuesIn(kPoints), [](const auto& row) { return row.param.name; });

TEST(Abandoned, RightAfterTheLastAnswerIsNoLogin) {
  StandingAgent agent;
  const int fd = CallAgent();
  agent.totp.WhileChecking([fd] { ::close(fd); });
  Say(fd, Begin());
  Hear(fd);
  Say(fd, Answer());
  Hear(fd);
  Say(fd, Answer());
  EXPECT_TRUE(agent.porter.EverybodyLeft(1));
  EXPECT_EQ(agent.tickets.open(), 0U);
  EXPECT_THAT(agent.journal.logins(), ElementsAre(Field(&model::LoginJudged::reason, model::LoginReason::kCancelled)));
}

TEST(Abandoned, ByAConversationThatFailsIsGivenUp) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  login.at_message = [] { return PAM_CONV_ERR; };
  EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
  EXPECT_TRUE(agent.porter.EverybodyLeft(1));
  EXPECT_THAT(agent.journal.logins(), ElementsAre(Field(&model::LoginJudged::reason, model::LoginReason::kCancelled)));
}

// An agent that stops does not wait for people.
TEST(Abandoned, ByTheAgentItIsRefused) {
  StandingAgent agent;
  Login login(service::kOrdinary, "yamada", {"right", "right"});
  login.at_message = [&] {
    agent.socket.Stop();
    return PAM_SUCCESS;
  };
  EXPECT_NE(login.Authenticate(), PAM_SUCCESS);
  EXPECT_EQ(agent.socket.connections(), 0U);
  EXPECT_EQ(agent.tickets.open(), 0U);
}

}  // namespace
}  // namespace sekimori::tests
