#include "agent/cli/typed_lines.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sekimori::cli {

TypedLines::TypedLines(int fd) : fd_(fd) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int each : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&ending, each);
  ::pthread_sigmask(SIG_BLOCK, &ending, &before_);
  signals_ = ::signalfd(-1, &ending, SFD_CLOEXEC);
}

TypedLines::~TypedLines() {
  // What was told is not to kill the program afterwards.
  pollfd told{signals_, POLLIN, 0};
  signalfd_siginfo signal{};
  while (::poll(&told, 1, 0) > 0 && ::read(signals_, &signal, sizeof signal) > 0) {
  }
  if (signals_ >= 0) ::close(signals_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Typed TypedLines::Next(std::chrono::steady_clock::time_point until) {
  for (;;) {
    const std::size_t end = read_.find('\n');
    if (end != std::string::npos || (ended_ && !read_.empty())) {
      Typed typed{Typed::Kind::kLine, read_.substr(0, std::min(end, kLongest))};
      read_.erase(0, end == std::string::npos ? end : end + 1);
      return typed;
    }
    if (ended_) return {Typed::Kind::kEnd, {}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return {Typed::Kind::kTimedOut, {}};
    std::array<pollfd, 2> polled{{{signals_, POLLIN, 0}, {fd_, POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return {Typed::Kind::kEnd, {}};
    if (ready <= 0) continue;
    if (polled[0].revents != 0) return {Typed::Kind::kStopped, {}};
    ended_ = !Fill();
  }
}

// False: nothing more will come.
bool TypedLines::Fill() {
  std::array<char, kLongest> bytes{};
  const ssize_t count = ::read(fd_, bytes.data(), bytes.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  std::string_view more(bytes.data(), static_cast<std::size_t>(count));
  // Of a line that is too long already nothing is kept but its end.
  if (read_.size() >= kLongest) more.remove_prefix(std::min(more.find('\n'), more.size()));
  read_.append(more);
  return count > 0;
}

}  // namespace sekimori::cli
