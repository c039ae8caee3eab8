#include "drivers/linux/socket_line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

#include "proto/login/login.h"

namespace sekimori::drivers {
namespace {

using Clock = std::chrono::steady_clock;

Error SystemError(const char* act) {
  const int error = errno;
  const bool left = error == EPIPE || error == ECONNRESET;
  return {left ? ErrorCode::kUnavailable : ErrorCode::kIo, act, std::generic_category().message(error)};
}

}  // namespace

Status SocketLine::Await(short events, Time until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd watched{socket_, events, 0};
    const int found = ::poll(&watched, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (found > 0) return Status::Ok();
    if (found == 0) return Error{ErrorCode::kTimeout, "login socket", "the other side did not move in time"};
    if (errno != EINTR) return SystemError("poll");
  }
}

Status SocketLine::Fill(char* bytes, std::size_t size, Time until) const {
  for (std::size_t got = 0; got < size;) {
    if (Status ready = Await(POLLIN, until); !ready.ok()) return ready;
    const ssize_t count = ::recv(socket_, bytes + got, size - got, MSG_DONTWAIT);
    if (count == 0) return Error{ErrorCode::kUnavailable, "login socket", "the other side has left"};
    if (count < 0 && errno != EAGAIN && errno != EINTR) return SystemError("recv");
    if (count > 0) got += static_cast<std::size_t>(count);
  }
  return Status::Ok();
}

Result<model::Secret> SocketLine::Receive(std::chrono::milliseconds within) {
  // For the whole frame: single bytes do not extend it.
  const Time until = Clock::now() + within;
  std::array<char, kLoginHeaderSize> header{};
  if (const Status filled = Fill(header.data(), header.size(), until); !filled.ok()) return filled.error();
  std::array<std::uint8_t, kLoginHeaderSize> length{};
  std::copy(header.begin(), header.end(), length.begin());
  const std::size_t size = LoginBodySize(length.data());
  if (size == 0) return Error{ErrorCode::kInvalid, "login socket", "a frame of a length that none has"};
  std::array<char, kLoginBodyMax> body;
  const Status filled = Fill(body.data(), size, until);
  model::Secret heard;
  if (filled.ok()) heard = model::Secret({body.data(), size});
  model::WipeBytes(body.data(), size);
  if (!filled.ok()) return filled.error();
  return heard;
}

Status SocketLine::Send(std::string_view frame) {
  const Time until = Clock::now() + send_;
  while (!frame.empty()) {
    const ssize_t count = ::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      frame.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (Status ready = Await(POLLOUT, until); !ready.ok()) return ready;
    } else if (errno != EINTR) {
      return SystemError("send");
    }
  }
  return Status::Ok();
}

bool SocketLine::Disturbed() const {
  char byte = 0;
  const ssize_t count = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count >= 0 || errno != EAGAIN;
}

void SocketLine::End() {
  // Whoever has left already hears nothing of it.
  (void)::shutdown(socket_, SHUT_WR);
}

}  // namespace sekimori::drivers
