#include "drivers/linux/password_program.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/linux/scoped_fd.h"

namespace sekimori::drivers {
namespace {

using Clock = std::chrono::steady_clock;

Error SystemError(ErrorCode code, const char* act, int error) {
  return {code, "password program", std::string(act) + ": " + std::generic_category().message(error)};
}

// A pipe with all of it inside and nobody to write more.
Result<ScopedFd> PipeHolding(const model::Secret& input) {
  // So much goes in at once or not at all, and without waiting: pipe(7).
  if (input.bytes().size() > PIPE_BUF) return Error{ErrorCode::kTooLarge, "password program", "too much to say"};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return SystemError(ErrorCode::kIo, "pipe", errno);
  ScopedFd reading(ends[0]);
  const ScopedFd writing(ends[1]);
  const ssize_t count = ::write(writing.get(), input.bytes().data(), input.bytes().size());
  if (count != static_cast<ssize_t>(input.bytes().size())) return SystemError(ErrorCode::kIo, "pipe", errno);
  return reading;
}

class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Signals as in a new program, a group of its own, standard streams and nothing else.
  [[nodiscard]] bool Make(int input) {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    constexpr auto kFlags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
    return ::posix_spawnattr_setflags(&attributes_, static_cast<short>(kFlags)) == 0 &&
           ::posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
           ::posix_spawnattr_setsigdefault(&attributes_, &all) == 0 &&
           ::posix_spawnattr_setpgroup(&attributes_, 0) == 0 &&
           ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO) == 0 &&
           ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
           ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
           ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1) == 0;
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Result<pid_t> Spawn(const std::string& program, const std::vector<std::string>& environment, int input) {
  SpawnPlan plan;
  if (!plan.Make(input)) return Error{ErrorCode::kIo, "password program", "posix_spawn cannot be prepared"};
  std::vector<std::string> texts = environment;
  texts.push_back(program);
  std::vector<char*> pointers;
  for (std::string& each : texts)
    pointers.push_back(each.data());
  char* arguments[] = {std::exchange(pointers.back(), nullptr), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, program.c_str(), plan.actions(), plan.attributes(), arguments, pointers.data());
  if (error != 0) return SystemError(ErrorCode::kUnavailable, program.c_str(), error);
  return child;
}

// False: not in time, or nobody can tell.
bool EndsWithin(pid_t child, std::chrono::milliseconds within) {
  // By number: glibc 2.36 declares its function for C only.
  const ScopedFd watched(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!watched.valid()) return false;
  const Clock::time_point until = Clock::now() + within;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd polled{watched.get(), POLLIN, 0};
    const int found = ::poll(&polled, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Result<int> RunWithSecret(const std::string& program, const std::vector<std::string>& environment,
                          const model::Secret& input, std::chrono::milliseconds within) {
  Result<ScopedFd> pipe = PipeHolding(input);
  if (!pipe.ok()) return pipe.error();
  const Result<pid_t> child = Spawn(program, environment, pipe.value().get());
  pipe.value().Reset();
  if (!child.ok()) return child.error();
  const bool ended = EndsWithin(child.value(), within);
  // Not waited for yet, so the number is still its own; and with it goes what a module may have started.
  (void)::kill(-child.value(), SIGKILL);
  int status = 0;
  while (::waitpid(child.value(), &status, 0) < 0)
    if (errno != EINTR) return SystemError(ErrorCode::kIo, "waitpid", errno);
  if (!ended) return Error{ErrorCode::kTimeout, "password program", "it did not end in time"};
  if (!WIFEXITED(status)) return Error{ErrorCode::kUnavailable, "password program", "it was ended by a signal"};
  return WEXITSTATUS(status);
}

}  // namespace sekimori::drivers
