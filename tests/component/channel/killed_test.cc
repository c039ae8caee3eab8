// The collector as the process it is: its settings, its signals, and kill -9 at any moment. Req: R05
#include <fstream>

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/component/channel/raw_link.h"

extern char** environ;

namespace sekimori::testing {
namespace {

class Process {
 public:
  explicit Process(const std::filesystem::path& settings) {
    const std::string path = settings.string();
    const char* arguments[] = {SEKIMORI_COLLECTOR, "--config", path.c_str(), nullptr};
    EXPECT_EQ(0, posix_spawn(&pid_, SEKIMORI_COLLECTOR, nullptr, nullptr, const_cast<char**>(arguments), environ));
  }
  ~Process() {
    if (pid_ > 0) (void)End(SIGKILL);
  }
  void Signal(int signal) { kill(pid_, signal); }
  // The wait status.
  int End(int signal) {
    kill(pid_, signal);
    return Wait();
  }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

class Killed : public ::testing::Test {
 protected:
  // Takes a free port, lets it go, and has the real program listen there.
  void SetUp() override {
    site_.StopCollector();
    settings_ = site_.directory() / "collector.toml";
    std::ofstream(settings_) << "data-dir = \"" << site_.directory().string()
                             << "\"\n[listen]\naddress = \"127.0.0.1\"\n"
                             << "port = " << site_.port() << "\n";
  }
  Site site_;
  std::filesystem::path settings_;
};

TEST_F(Killed, AtAnyMomentNothingAcknowledgedIsLostAndNothingStoredTwice) {
  Terminal terminal;
  auto process = std::make_unique<Process>(settings_);
  const std::string token = site_.MakeToken().text;
  ASSERT_TRUE(Eventually([&] { return terminal.Enrol(token).ok(); }));
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    terminal.Append(3000);
    const std::uint64_t before = site_.Stored(terminal.id());
    // Somewhere in the middle of the stream, another place each time.
    ASSERT_TRUE(
        Eventually([&] { return site_.Stored(terminal.id()) > before + static_cast<std::uint64_t>(round) * 211; }));
    acknowledged = std::max(acknowledged, terminal.state().acknowledged);
    process->End(SIGKILL);
    EXPECT_GE(site_.Stored(terminal.id()), acknowledged);
    process = std::make_unique<Process>(settings_);
  }
  EXPECT_TRUE(Eventually([&] { return site_.Stored(terminal.id()) == 24'000; })) << terminal.state().detail;
  EXPECT_EQ(24'000U, site_.EventCount(terminal.id()));
  EXPECT_TRUE(Eventually([&] { return terminal.state().acknowledged == 24'000; }));
  EXPECT_TRUE(site_.Alarms(proto::ALARM_FORK).empty());
  EXPECT_TRUE(terminal.sink().refused().empty());
  EXPECT_EQ(0, process->End(SIGTERM));
}

TEST_F(Killed, ASignalToStopIsObeyedInGoodOrder) {
  Terminal terminal;
  Process process(settings_);
  const std::string token = site_.MakeToken().text;
  ASSERT_TRUE(Eventually([&] { return terminal.Enrol(token).ok(); }));
  terminal.Append(500);
  ASSERT_TRUE(Eventually([&] { return terminal.state().acknowledged > 0; }));
  EXPECT_EQ(0, process.End(SIGTERM));
  EXPECT_GE(site_.Stored(terminal.id()), terminal.state().acknowledged);
}

TEST_F(Killed, AHangUpSignalBringsTheRenewedCertificateIn) {
  Terminal terminal;
  Process process(settings_);
  const std::string token = site_.MakeToken().text;
  ASSERT_TRUE(Eventually([&] { return terminal.Enrol(token).ok(); }));
  ASSERT_TRUE(Eventually([&] { return terminal.Connected(); }));
  terminal.Stop();
  const std::string before = site_.authority().server().SerialHex();
  site_.RenewServerCertificate();
  const std::string after = site_.authority().server().SerialHex();
  ASSERT_NE(before, after);
  process.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] {
    RawLink link(site_, terminal);
    return link.opened().ok() && link.ServerSerial() == after;
  }));
}

TEST_F(Killed, WrongSettingsEndItWithTheCodeForThat) {
  std::ofstream(settings_) << "[listen]\nporto = 1\n";
  const int status = Process(settings_).Wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(78, WEXITSTATUS(status));
}

TEST_F(Killed, WithoutInitItDoesNotStart) {
  std::ofstream(settings_) << "data-dir = \"" << (site_.directory() / "nowhere").string() << "\"\n";
  const int status = Process(settings_).Wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(1, WEXITSTATUS(status));
}

}  // namespace
}  // namespace sekimori::testing
