// An agent killed at random moments, again and again: what was said to be counted is counted, and nothing is half-done.
#include <array>
#include <chrono>
#include <csignal>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

// Far from the one whose tries are counted.
std::uint32_t UserOf(std::uint32_t number) {
  return 1'000'000 + number;
}

class KillTest : public StoreFixture {
 protected:
  // Tells `pipe` each number it was given once everything with that number was answered. Never returns.
  [[noreturn]] void Write(int pipe) {
    const Result<Store> store = SqliteLoginStore::Open(folder_, random_);
    if (!store.ok()) _exit(3);
    for (;;) {
      const Result<std::uint32_t> number = store.value()->CountTry(phone_);
      if (!number.ok() || !store.value()->AdvanceCounter(phone_, number.value()).ok()) _exit(4);
      if (!store.value()->Enrol(UserOf(number.value()), {Phone(), model::Secret("seed"), number.value()}).ok())
        _exit(5);
      if (!store.value()->Revoke({UserOf(number.value()), "phone"}).ok()) _exit(6);
      if (const std::uint32_t told = number.value(); write(pipe, &told, sizeof told) != sizeof told) _exit(7);
    }
  }

  // Gives the newest number it told.
  [[nodiscard]] std::uint32_t RunAndKill(std::chrono::milliseconds life) {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      Write(ends[1]);
    }
    close(ends[1]);
    std::uint32_t newest = 0;
    const auto end = std::chrono::steady_clock::now() + life;
    // Reading is what keeps the child going and what tells the time; the child dies wherever it is then.
    for (std::uint32_t told = 0; read(ends[0], &told, sizeof told) == sizeof told;) {
      newest = told;
      if (std::chrono::steady_clock::now() >= end) break;
    }
    kill(child, SIGKILL);
    for (std::uint32_t told = 0; read(ends[0], &told, sizeof told) == sizeof told;)
      newest = told;
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself, with " << status;
    return newest;
  }
};

TEST_F(KillTest, LosesNothingThatWasCounted) {
  std::mt19937 random(std::random_device{}());
  std::uint32_t before = 0;
  for (int kills = 0; kills < 40; ++kills) {
    const std::uint32_t told = RunAndKill(std::chrono::milliseconds(random() % 60));
    ASSERT_GT(told, before) << "a writer goes on where the one before was killed";
    const Store store = Open();
    const std::uint32_t tries = store->Tries(phone_).value();
    ASSERT_TRUE(tries == told || tries == told + 1) << tries << " after " << told;
    ASSERT_GE(store->Counter(phone_).value(), told);
    ASSERT_LE(store->Counter(phone_).value(), tries);
    ASSERT_TRUE(store->Credentials(UserOf(told)).value().at(0).revoked);
    ASSERT_EQ(store->Counter({UserOf(told), "phone"}).value(), told);
    // Begun and not told of: there with its counter, or not at all.
    const bool enrolled = !store->Credentials(UserOf(told + 1)).value().empty();
    ASSERT_EQ(store->Counter({UserOf(told + 1), "phone"}).value().has_value(), enrolled);
    before = tries;
  }
}

}  // namespace
}  // namespace sekimori::login_store
