// The command line's process while it may hold a token: nobody dumps it or reads its memory.
// Source: prctl(2) PR_SET_DUMPABLE, proc(5) on the owner of /proc/PID, pipe(7) on F_SETPIPE_SZ.
#include <array>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sekimori::cli {
namespace {

std::string CoreLimit(pid_t process) {
  std::ifstream limits("/proc/" + std::to_string(process) + "/limits");
  for (std::string line; std::getline(limits, line);)
    if (line.starts_with("Max core file size")) return line.substr(18, 22);
  return "none";
}

TEST(CommandLine, CannotBeDumpedOrReadByOthersOfItsUser) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  std::array<int, 2> input{};
  ASSERT_EQ(::pipe2(input.data(), O_CLOEXEC), 0);
  const int capacity = ::fcntl(input[1], F_SETPIPE_SZ, 4096);
  ASSERT_GT(capacity, 0);
  // Opened here: the folder of the build may be closed to others.
  const int program = ::open(SEKIMORI_PROGRAM, O_RDONLY);
  ASSERT_GE(program, 0);
  const rlimit plenty{1 << 20, 1 << 20};
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(input[0], STDIN_FILENO);
    const std::array<const char*, 5> words = {"sekimori", "enrol", "--token-file", "-", nullptr};
    const std::array<const char*, 1> environment = {nullptr};
    if (::setrlimit(RLIMIT_CORE, &plenty) != 0 || ::setuid(65534) != 0) ::_exit(99);
    ::fexecve(program, const_cast<char* const*>(words.data()), const_cast<char* const*>(environment.data()));
    ::_exit(98);
  }
  ::close(input[0]);
  // Taken whole only once it reads: it then waits for the rest of the token.
  const std::string more_than_the_pipe_holds(static_cast<std::size_t>(capacity) + 1, 'x');
  EXPECT_EQ(::write(input[1], more_than_the_pipe_holds.data(), more_than_the_pipe_holds.size()),
            static_cast<ssize_t>(more_than_the_pipe_holds.size()));
  EXPECT_EQ(CoreLimit(child).find_first_not_of(" 0"), std::string::npos) << CoreLimit(child);
  struct stat memory {};
  EXPECT_EQ(::stat(("/proc/" + std::to_string(child) + "/mem").c_str(), &memory), 0);
  EXPECT_EQ(memory.st_uid, 0U) << "its own user could read it";
  ::close(input[1]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 98);
  ::close(program);
}

}  // namespace
}  // namespace sekimori::cli
