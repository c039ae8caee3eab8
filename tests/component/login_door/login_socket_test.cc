// The socket alone: who calls, how many, how long. Needs root, as the agent does: it calls as somebody else.
#include "drivers/linux/login_socket.h"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/linux/process_stat.h"

namespace sekimori::drivers {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::SizeIs;

constexpr uid_t kSomebody = 65534, kSomebodyElse = 65533;

// Does with each line what the test says, and remembers who came.
class NotingDoor final : public ports::LoginDoor {
 public:
  using Act = std::function<void(ports::LoginLine&)>;
  explicit NotingDoor(Act act) : act_(std::move(act)) {}
  void Serve(ports::LoginLine& line, const ports::LoginPeer& peer) override {
    {
      const std::lock_guard lock(mutex_);
      peers_.push_back(peer);
      news_.notify_all();
    }
    act_(line);
  }
  std::vector<ports::LoginPeer> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, std::chrono::seconds(10), [&] { return peers_.size() >= count; });
    return peers_;
  }

 private:
  const Act act_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<ports::LoginPeer> peers_;
};

// Until the other side leaves or the socket is stopped.
void Stay(ports::LoginLine& line) {
  (void)line.Receive(std::chrono::seconds(20));
}

class LoginSocketTest : public testing::Test {
 protected:
  LoginSocketTest() {
    char name[] = "/tmp/sekimori-login-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    // Somebody has to get there.
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  }
  ~LoginSocketTest() override {
    for (const int fd : calls_)
      ::close(fd);
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return folder_ / "login.sock"; }
  int Call() {
    calls_.push_back(Connect());
    return calls_.back();
  }
  // Connects; then the answer of `and_then` is the exit status. Only what is safe after fork.
  pid_t CallAs(uid_t uid, int (*and_then)(int fd)) {
    return CallAfter([uid] { return ::setresuid(uid, uid, uid) == 0; }, and_then);
  }
  pid_t CallAfter(const std::function<bool()>& change, int (*and_then)(int fd)) {
    const sockaddr_un address = Address();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (!change()) ::_exit(100);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(101);
    ::_exit(and_then(fd));
  }
  static int ExitOf(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  sockaddr_un Address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  int Connect() {
    const sockaddr_un address = Address();
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    return fd;
  }
  std::filesystem::path folder_;
  std::vector<int> calls_;
};

// 1: the agent hung up; 0: it did not within the time.
int HungUpOn(int fd, int within) {
  pollfd polled{fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&polled, 1, within) == 1 && ::recv(fd, &byte, 1, 0) <= 0 ? 1 : 0;
}
int HungUp(int fd) {
  return HungUpOn(fd, 10'000);
}
// Two lines of one process; 1: the second was hung up on.
int HungUpOnSecond(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 102;
  const int second = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(second, reinterpret_cast<const sockaddr*>(&address), size) != 0) return 103;
  return HungUpOn(second, 10'000);
}

TEST_F(LoginSocketTest, IsOpenToEverybody) {
  NotingDoor door(Stay);
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  struct stat file {};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0666U);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
}

TEST_F(LoginSocketTest, KnowsWhoCallsByTheKernelsWord) {
  NotingDoor door([](ports::LoginLine&) {});
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  const pid_t child = CallAs(kSomebody, HungUp);
  const std::vector<ports::LoginPeer> peers = door.WaitFor(1);
  ASSERT_THAT(peers, SizeIs(1));
  EXPECT_EQ(ExitOf(child), 1);
  EXPECT_EQ(peers[0].uid, kSomebody);
  EXPECT_EQ(peers[0].started_by, kSomebody);
  EXPECT_EQ(peers[0].process.pid, static_cast<std::uint32_t>(child));
  EXPECT_GT(peers[0].process.started, 0U);
  const auto self = static_cast<std::uint32_t>(::getpid());
  EXPECT_EQ(peers[0].parent, (model::LoginProcess{self, ReadProcessStat(self).value().started}));
}

TEST_F(LoginSocketTest, HangsUpOnOneTooManyOfAUserAndStaysThereForOthers) {
  NotingDoor door(Stay);
  LoginSocket socket(door, {.of_one_user = 1});
  ASSERT_TRUE(socket.Start(path()).ok());
  EXPECT_EQ(ExitOf(CallAs(kSomebody, HungUpOnSecond)), 1);
  // Nobody else is hung up on for it: the door sees them.
  Call();
  const pid_t other = CallAs(kSomebodyElse, [](int fd) { return HungUpOn(fd, 20'000); });
  EXPECT_THAT(door.WaitFor(3), SizeIs(3));
  socket.Stop();
  EXPECT_EQ(ExitOf(other), 1);
}

// As su runs: for its caller, with root's rights.
bool BecomeSu() {
  return ::setresuid(kSomebody, 0, 0) == 0;
}
// As sudo runs: root altogether, in the session of somebody.
bool BecomeSudo() {
  const int file = ::open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
  return ::write(file, "65534", 5) == 5;
}

TEST_F(LoginSocketTest, CountsWhatRunsAsRootForAUserAsThatUsers) {
  for (bool (*const become)() : {BecomeSu, BecomeSudo}) {
    NotingDoor door(Stay);
    LoginSocket socket(door, {.of_one_user = 1});
    ASSERT_TRUE(socket.Start(path()).ok());
    EXPECT_EQ(ExitOf(CallAfter(become, HungUpOnSecond)), 1);
    Call();
    Call();
    EXPECT_THAT(door.WaitFor(3), SizeIs(3)) << "root's own are not";
  }
}

TEST_F(LoginSocketTest, KeepsPlacesForRoot) {
  NotingDoor door(Stay);
  LoginSocket socket(door, {.unprivileged = 1});
  ASSERT_TRUE(socket.Start(path()).ok());
  const pid_t first = CallAs(kSomebody, [](int fd) { return HungUpOn(fd, 20'000); });
  ASSERT_THAT(door.WaitFor(1), SizeIs(1));
  EXPECT_EQ(ExitOf(CallAs(kSomebodyElse, HungUp)), 1);
  Call();
  const auto peers = door.WaitFor(2);
  ASSERT_THAT(peers, SizeIs(2));
  EXPECT_EQ(peers[1].uid, 0U);
  socket.Stop();
  EXPECT_EQ(ExitOf(first), 1);
}

TEST_F(LoginSocketTest, HangsUpWhenAllPlacesAreTaken) {
  NotingDoor door(Stay);
  LoginSocket socket(door, {.connections = 2});
  ASSERT_TRUE(socket.Start(path()).ok());
  Call();
  Call();
  ASSERT_THAT(door.WaitFor(2), SizeIs(2));
  EXPECT_EQ(HungUp(Call()), 1);
  EXPECT_EQ(socket.connections(), 2U);
}

TEST_F(LoginSocketTest, LetsNobodyButRootBeginWithoutEnd) {
  NotingDoor door([](ports::LoginLine&) {});
  LoginSocket socket(door, {.phases_a_minute = 2});
  ASSERT_TRUE(socket.Start(path()).ok());
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(ExitOf(CallAs(kSomebody, HungUp)), 1);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(HungUp(Call()), 1);
  const auto peers = door.WaitFor(6);
  EXPECT_THAT(peers, SizeIs(6)) << "two of somebody's and all of root's";
}

TEST_F(LoginSocketTest, CutsEverybodyOffWhenItStops) {
  NotingDoor door(Stay);
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  const int waiting = Call(), another = Call();
  ASSERT_THAT(door.WaitFor(2), SizeIs(2));
  const auto began = std::chrono::steady_clock::now();
  socket.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(HungUp(waiting), 1);
  EXPECT_EQ(HungUp(another), 1);
  EXPECT_EQ(socket.connections(), 0U);
}

TEST_F(LoginSocketTest, TakesAFramesTimeForAllItsBytes) {
  std::mutex mutex;
  std::vector<ErrorCode> codes;
  NotingDoor door([&](ports::LoginLine& line) {
    const Result<model::Secret> frame = line.Receive(milliseconds(300));
    const std::lock_guard lock(mutex);
    if (!frame.ok()) codes.push_back(frame.error().code);
  });
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  const int fd = Call();
  const std::string frame = std::string("\0\0\0\x40", 4) + std::string(26, '\1');
  const auto began = std::chrono::steady_clock::now();
  // A byte at a time, with 100 ms between them, would be in time for each.
  for (const char byte : frame) {
    ::send(fd, &byte, 1, MSG_NOSIGNAL);
    if (HungUpOn(fd, 100) == 1) break;
  }
  EXPECT_EQ(HungUp(fd), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(2'000));
  socket.Stop();
  EXPECT_THAT(codes, ElementsAre(ErrorCode::kTimeout));
}

TEST_F(LoginSocketTest, TakesNoFrameOfALengthThatNoneHas) {
  std::mutex mutex;
  std::vector<ErrorCode> codes;
  NotingDoor door([&](ports::LoginLine& line) {
    const Result<model::Secret> frame = line.Receive(std::chrono::seconds(10));
    const std::lock_guard lock(mutex);
    codes.push_back(frame.ok() ? ErrorCode::kInternal : frame.error().code);
  });
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  for (const std::string& header :
       {std::string("\xff\xff\xff\xff"), std::string(4, '\0'), std::string("\0\0\x10\x01", 4)}) {
    const int fd = Call();
    ::send(fd, header.data(), header.size(), MSG_NOSIGNAL);
    EXPECT_EQ(HungUp(fd), 1);
  }
  socket.Stop();
  EXPECT_THAT(codes, ElementsAre(ErrorCode::kInvalid, ErrorCode::kInvalid, ErrorCode::kInvalid));
}

TEST_F(LoginSocketTest, SeesThatTheOtherSideSpokeOrLeft) {
  std::vector<bool> seen;
  NotingDoor door([&](ports::LoginLine& line) {
    (void)line.Receive(std::chrono::seconds(10));
    seen.push_back(line.Disturbed());
  });
  LoginSocket socket(door);
  ASSERT_TRUE(socket.Start(path()).ok());
  const std::string cancel("\0\0\0\2\1\3", 6);
  const int quiet = Call();
  ::send(quiet, cancel.data(), cancel.size(), MSG_NOSIGNAL);
  EXPECT_EQ(HungUp(quiet), 1);
  const int hasty = Call();
  ::send(hasty, (cancel + "x").data(), cancel.size() + 1, MSG_NOSIGNAL);
  EXPECT_EQ(HungUp(hasty), 1);
  const int gone = Call();
  ::send(gone, cancel.data(), cancel.size(), MSG_NOSIGNAL);
  ::shutdown(gone, SHUT_WR);
  EXPECT_EQ(HungUp(gone), 1);
  socket.Stop();
  EXPECT_THAT(seen, ElementsAre(false, true, true));
}

TEST_F(LoginSocketTest, WaitsForNobodyWhoDoesNotTakeWhatIsSaid) {
  std::vector<ErrorCode> codes;
  NotingDoor door([&](ports::LoginLine& line) {
    const std::string frame(4096, 'x');
    for (;;)
      if (const Status sent = line.Send(frame); !sent.ok()) {
        codes.push_back(sent.error().code);
        return;
      }
  });
  LoginSocket socket(door, {.send = milliseconds(100)});
  ASSERT_TRUE(socket.Start(path()).ok());
  Call();
  ASSERT_THAT(door.WaitFor(1), SizeIs(1));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (socket.connections() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  socket.Stop();
  EXPECT_THAT(codes, ElementsAre(ErrorCode::kTimeout));
}

TEST_F(LoginSocketTest, TakesThePlaceOfASocketThatWasLeftBehind) {
  NotingDoor door([](ports::LoginLine&) {});
  for (int i = 0; i < 2; ++i) {
    LoginSocket socket(door);
    ASSERT_TRUE(socket.Start(path()).ok());
    EXPECT_EQ(HungUp(Call()), 1);
  }
  EXPECT_EQ(LoginSocket(door).Start(std::string(200, 'x')).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sekimori::drivers
