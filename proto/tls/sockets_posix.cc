#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <Poco/Exception.h>
#include <Poco/Net/SocketImpl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/tls/sockets.h"

namespace sekimori::tls {
namespace {

constexpr int kKeepAliveIdleSeconds = 60;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;

// Poco polls any descriptor that sits in a socket object; the implementation closes it.
class EventDescriptor final : public Poco::Net::SocketImpl {
 public:
  explicit EventDescriptor(int fd) : SocketImpl(fd) {}
};

class EventSocket final : public Poco::Net::Socket {
 public:
  explicit EventSocket(int fd) : Socket(new EventDescriptor(fd)) {}
};

}  // namespace

void IgnoreBrokenPipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

Status PrepareSocket(Poco::Net::StreamSocket socket) {
  try {
    socket.setBlocking(false);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.setOption(IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    socket.setOption(IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    socket.setOption(IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
    return Status::Ok();
  } catch (const Poco::Exception& error) {
    return Error{ErrorCode::kUnavailable, "socket", "options: " + error.displayText()};
  }
}

Result<Waker> Waker::Make() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return Error{ErrorCode::kFull, "eventfd", std::strerror(errno)};
  return Waker(EventSocket(fd));
}

void Waker::Wake() const {
  const std::uint64_t one = 1;
  // EAGAIN means the counter is at its end: the reader is awake already.
  [[maybe_unused]] const ssize_t written = ::write(socket_.impl()->sockfd(), &one, sizeof one);
}

void Waker::Clear() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(socket_.impl()->sockfd(), &count, sizeof count);
}

}  // namespace sekimori::tls
