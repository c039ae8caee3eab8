// What the agent owes the system, against the real one: one instance, folders, no core, and word to whoever started it.
#include "agent/service.h"

#include <array>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sekimori::agent {
namespace {

namespace fs = std::filesystem;

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sekimori-service-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

using InstanceLockTest = Folder;
using MakeFolderTest = Folder;

TEST_F(InstanceLockTest, IsHeldByOneAtATime) {
  {
    const Result<InstanceLock> first = InstanceLock::Take(folder_ / "lock");
    ASSERT_TRUE(first.ok());
    const Result<InstanceLock> second = InstanceLock::Take(folder_ / "lock");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::kConflict);
    EXPECT_EQ(second.error().where, (folder_ / "lock").string());
  }
  EXPECT_TRUE(InstanceLock::Take(folder_ / "lock").ok()) << "the file stays, the lock does not";
}

TEST_F(InstanceLockTest, GoesAlongWhenItIsMoved) {
  Result<InstanceLock> taken = InstanceLock::Take(folder_ / "lock");
  ASSERT_TRUE(taken.ok());
  const InstanceLock held = std::move(taken).value();
  EXPECT_FALSE(InstanceLock::Take(folder_ / "lock").ok());
}

TEST_F(InstanceLockTest, IsLetGoByTheKernelWhenItsHolderIsKilled) {
  int told[2] = {-1, -1};
  ASSERT_EQ(::pipe(told), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const Result<InstanceLock> held = InstanceLock::Take(folder_ / "lock");
    (void)!::write(told[1], held.ok() ? "y" : "n", 1);
    for (;;)
      ::pause();
  }
  char took = 0;
  ASSERT_EQ(::read(told[0], &took, 1), 1);
  EXPECT_EQ(took, 'y');
  EXPECT_FALSE(InstanceLock::Take(folder_ / "lock").ok());
  ASSERT_EQ(::kill(holder, SIGKILL), 0);
  ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(InstanceLock::Take(folder_ / "lock").ok());
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(InstanceLockTest, FollowsNoLinkAndNeedsItsFolder) {
  std::ofstream(folder_ / "victim") << "text";
  fs::create_symlink(folder_ / "victim", folder_ / "lock");
  EXPECT_EQ(InstanceLock::Take(folder_ / "lock").error().code, ErrorCode::kIo);
  EXPECT_EQ(InstanceLock::Take(folder_ / "absent" / "lock").error().code, ErrorCode::kIo);
}

TEST_F(MakeFolderTest, MakesItWithExactlyThesePermissionsAndTheFoldersAboveIt) {
  const mode_t before = ::umask(077);
  const Status made = MakeFolder(folder_ / "a" / "b", fs::perms(0755));
  ::umask(before);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(fs::status(folder_ / "a" / "b").permissions(), fs::perms(0755));
}

TEST_F(MakeFolderTest, LeavesAFolderThatIsThereAsItIs) {
  ASSERT_EQ(::mkdir((folder_ / "there").c_str(), 0711), 0);
  ASSERT_EQ(::chmod((folder_ / "there").c_str(), 0711), 0);
  ASSERT_TRUE(MakeFolder(folder_ / "there", fs::perms(0700)).ok());
  EXPECT_EQ(fs::status(folder_ / "there").permissions(), fs::perms(0711));
}

TEST_F(MakeFolderTest, TellsWhatIsInTheWay) {
  std::ofstream(folder_ / "file") << "text";
  const Status made = MakeFolder(folder_ / "file" / "folder", fs::perms(0700));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kIo);
}

TEST(ProtectProcess, LeavesNoCoreAndLetsNobodyLookIn) {
  EXPECT_EXIT(
      {
        const bool done = ProtectProcess().ok();
        rlimit limit{};
        const bool no_core = ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
        ::_exit(done && no_core && ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

// The other end of sd_notify(3).
class ServiceManager : public Folder {
 protected:
  void SetUp() override {
    Folder::SetUp();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder_ / "notify").string();
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
    Folder::TearDown();
  }
  // What was said; empty if nothing was.
  [[nodiscard]] std::string Heard() const {
    std::array<char, 512> text{};
    const ssize_t count = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return count < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(count));
  }
  int socket_ = -1;
};

TEST_F(ServiceManager, HearsOfEveryStageOfTheAgentsLife) {
  NotifyReady("running");
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=running");
  NotifyReloading();
  // Without the time since boot the manager of a Type=notify-reload unit does not believe it.
  EXPECT_TRUE(Heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  NotifyAlive();
  EXPECT_EQ(Heard(), "WATCHDOG=1");
  NotifyStopping();
  EXPECT_EQ(Heard(), "STOPPING=1");
  EXPECT_EQ(Heard(), "");
}

class Watchdog : public ::testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }
};

TEST_F(Watchdog, IsFedTwiceInTheTimeItAllows) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ASSERT_TRUE(WatchdogInterval());
  EXPECT_EQ(*WatchdogInterval(), std::chrono::seconds{15});
}

TEST_F(Watchdog, IsNotFedWhenNoneWatchesOrAnotherIsWatched) {
  EXPECT_FALSE(WatchdogInterval());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(WatchdogInterval());
}

}  // namespace
}  // namespace sekimori::agent
