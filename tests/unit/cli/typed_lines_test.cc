#include "agent/cli/typed_lines.h"

#include <csignal>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

namespace sekimori::cli {
namespace {

using Kind = Typed::Kind;

class TypedLinesTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe(pipe_), 0); }
  void TearDown() override {
    ::close(pipe_[0]);
    Close();
  }
  void Type(const std::string& text) const { ASSERT_EQ(::write(pipe_[1], text.data(), text.size()), text.size()); }
  void Close() {
    if (pipe_[1] >= 0) ::close(pipe_[1]);
    pipe_[1] = -1;
  }
  static std::chrono::steady_clock::time_point Soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds{60};
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(TypedLinesTest, GivesLineAfterLineHoweverTheyCome) {
  TypedLines lines(pipe_[0]);
  Type("123456\n\n65");
  EXPECT_EQ(lines.Next(Soon()).line, "123456");
  EXPECT_EQ(lines.Next(Soon()).line, "");
  Type("4321");
  Close();
  const Typed last = lines.Next(Soon());
  EXPECT_EQ(last.kind, Kind::kLine);
  EXPECT_EQ(last.line, "654321");
  EXPECT_EQ(lines.Next(Soon()).kind, Kind::kEnd);
}

TEST_F(TypedLinesTest, CutsALineThatIsTooLong) {
  TypedLines lines(pipe_[0]);
  Type(std::string(40'000, 'x') + "\n123456\n");
  const Typed typed = lines.Next(Soon());
  EXPECT_EQ(typed.kind, Kind::kLine);
  EXPECT_EQ(typed.line, std::string(TypedLines::kLongest, 'x'));
  EXPECT_EQ(lines.Next(Soon()).line, "123456");
}

TEST_F(TypedLinesTest, EndsTheWaiting) {
  TypedLines lines(pipe_[0]);
  EXPECT_EQ(lines.Next(std::chrono::steady_clock::now()).kind, Kind::kTimedOut);
}

// To this thread: a test's other threads must not take it.
TEST_F(TypedLinesTest, TellsOfCtrlCInPlaceOfDyingOfIt) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    TypedLines lines(pipe_[0]);
    ::pthread_kill(::pthread_self(), signal);
    EXPECT_EQ(lines.Next(Soon()).kind, Kind::kStopped);
  }
}

TEST_F(TypedLinesTest, LeavesSignalsAsTheyWere) {
  sigset_t ending, after;
  sigemptyset(&ending);
  for (const int each : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&ending, each);
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
  {
    const TypedLines lines(pipe_[0]);
    ::pthread_kill(::pthread_self(), SIGINT);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int each : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EQ(sigismember(&after, each), 0) << each;
}

}  // namespace
}  // namespace sekimori::cli
