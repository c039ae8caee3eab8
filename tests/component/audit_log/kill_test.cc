// A writer killed at random moments, again and again: what it said was stored is there, and the chain holds.
#include <array>
#include <chrono>
#include <csignal>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::audit_log {
namespace {

using Milliseconds = std::chrono::milliseconds;

struct Told {
  std::uint64_t sequence = 0;
  chain::Hash hash{};
};

class KillTest : public LogFixture {
 protected:
  // Appends groups until it is killed, and tells each head through `pipe` once Append has answered OK. Never returns.
  [[noreturn]] void Write(int pipe, unsigned seed) const {
    std::mt19937 random(seed);
    Result<std::unique_ptr<LogStore>> store = LogStore::Open(path_, kBootId, key_, clock_);
    if (!store.ok() || store.value()->quarantined()) _exit(3);
    for (;;) {
      if (!store.value()->Append(Notes(random() % 40 + 1, std::string(random() % 3000, 'x'))).ok()) _exit(4);
      if (random() % 4 == 0 && !store.value()->WriteCheckpoint().ok()) _exit(5);
      const Told told{store.value()->head().sequence, store.value()->head().hash};
      if (write(pipe, &told, sizeof told) != sizeof told) _exit(6);
    }
  }

  // Runs a writer for a while and kills it. Gives the newest head it told.
  [[nodiscard]] Told RunAndKill(Milliseconds life, unsigned seed) const {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      Write(ends[1], seed);
    }
    close(ends[1]);
    Told newest;
    const auto end = std::chrono::steady_clock::now() + life;
    // Reading is what keeps the child going and what tells the time; the child dies wherever it is then.
    for (Told told; read(ends[0], &told, sizeof told) == sizeof told;) {
      newest = told;
      if (std::chrono::steady_clock::now() >= end) break;
    }
    kill(child, SIGKILL);
    for (Told told; read(ends[0], &told, sizeof told) == sizeof told;)
      newest = told;
    close(ends[0]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself, with " << status;
    return newest;
  }
};

TEST_F(KillTest, LosesNothingThatWasAcknowledged) {
  std::mt19937 random(std::random_device{}());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  std::uint64_t before = 0;
  int killed = 0;
  while (std::chrono::steady_clock::now() < end || killed < 10) {
    const auto seed = static_cast<unsigned>(random());
    const Told told = RunAndKill(Milliseconds(random() % 60), seed);
    ++killed;
    ASSERT_GT(told.sequence, before) << "seed " << seed;

    const std::unique_ptr<LogReader> reader = OpenReader();
    ASSERT_NE(reader, nullptr);
    ASSERT_EQ(reader->HashAt(told.sequence).value(), told.hash) << "seed " << seed << ", kill " << killed;
    const VerifyReport report = VerifyLog(*reader, key_.public_key()).value();
    ASSERT_FALSE(report.fault) << ToString(report.fault->error) << ", seed " << seed << ", kill " << killed;
    ASSERT_GE(report.head.sequence, told.sequence);
    before = report.head.sequence;
  }
  const std::unique_ptr<LogStore> store = OpenStore();
  EXPECT_EQ(store->quarantined(), std::nullopt) << store->quarantine_reason();
  EXPECT_TRUE(store->unclean_stop_before());
  EXPECT_GE(store->head().sequence, before);
  RecordProperty("kills", killed);
}

}  // namespace
}  // namespace sekimori::audit_log
