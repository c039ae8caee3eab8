#include "agent/signals.h"

#include <csignal>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sekimori::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Far longer than anything here takes; a test that waits for it has failed.
constexpr seconds kPatience{60};

class SignalsTest : public ::testing::Test {
 protected:
  SignalsTest() : signals_(std::move(Signals::Take()).value()) {}
  Signal Next() const { return signals_.Wait(kPatience); }
  Signals signals_;
};

TEST_F(SignalsTest, TellsAReloadAndAStopInPlaceOfDying) {
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_EQ(Next(), Signal::kReload);
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  EXPECT_EQ(Next(), Signal::kStop);
  EXPECT_STREQ(signals_.stop_reason(), "SIGTERM");
  ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
  EXPECT_EQ(Next(), Signal::kStop);
  EXPECT_STREQ(signals_.stop_reason(), "SIGINT");
}

TEST_F(SignalsTest, LosesNoneOfSeveralThatCameTogether) {
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  const Signal first = Next(), second = Next();
  EXPECT_NE(first, second);
  EXPECT_NE(first, Signal::kNone);
  EXPECT_NE(second, Signal::kNone);
}

TEST_F(SignalsTest, ReachesTheMainThreadWhateverThreadsRun) {
  std::thread sender([] { (void)::kill(::getpid(), SIGHUP); });
  EXPECT_EQ(Next(), Signal::kReload);
  sender.join();
}

TEST_F(SignalsTest, IsWokenByAnyThreadAndOnce) {
  std::thread waker([this] { signals_.Wake(); });
  EXPECT_EQ(Next(), Signal::kNone);
  waker.join();
  signals_.Wake();
  signals_.Wake();
  EXPECT_EQ(Next(), Signal::kNone);
  ASSERT_EQ(::kill(::getpid(), SIGHUP), 0);
  EXPECT_EQ(Next(), Signal::kReload) << "two wake-ups before a wait are one";
}

TEST_F(SignalsTest, GivesUpWhenTheTimeHasPassed) {
  EXPECT_EQ(signals_.Wait(milliseconds{0}), Signal::kNone);
}

TEST_F(SignalsTest, DoesNotDieOfAPipeNobodyReads) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  ::close(ends[1]);
}

}  // namespace
}  // namespace sekimori::agent
