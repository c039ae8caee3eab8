#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/signals.h"

namespace sekimori::agent {

Result<Signals> Signals::Take() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  if (::pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0 || ::signal(SIGPIPE, SIG_IGN) == SIG_ERR)
    return Error{ErrorCode::kIo, "signals", std::strerror(errno)};
  Signals signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (signals.signals_ < 0 || signals.wake_ < 0) return Error{ErrorCode::kIo, "signalfd", std::strerror(errno)};
  return signals;
}

Signals::~Signals() {
  if (signals_ >= 0) ::close(signals_);
  if (wake_ >= 0) ::close(wake_);
}

Signal Signals::Wait(std::optional<std::chrono::milliseconds> timeout) const {
  pollfd entries[] = {{signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
  (void)::poll(entries, 2, timeout ? static_cast<int>(timeout->count()) : -1);
  std::uint64_t count = 0;
  (void)!::read(wake_, &count, sizeof count);
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) != sizeof info) return Signal::kNone;
  if (info.ssi_signo == SIGHUP) return Signal::kReload;
  stop_reason_ = info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
  return Signal::kStop;
}

void Signals::Wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

}  // namespace sekimori::agent
