#include "agent/control/client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/socket.h>

#include "agent/control/socket.h"
#include "proto/frame/frame.h"

namespace sekimori::control {

namespace {

using Clock = std::chrono::steady_clock;

// Ready for `events`, or the deadline passed.
Status WaitFor(const ScopedFd& socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{socket.get(), events, 0};
    const int ready = left <= 0 ? 0 : ::poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return Status::Ok();
    if (ready == 0) return Error{ErrorCode::kTimeout, "agent", "did not answer in time"};
    if (errno != EINTR) return Error{ErrorCode::kIo, "agent", std::string("poll: ") + std::strerror(errno)};
  }
}

Status SendAll(const ScopedFd& socket, const std::string& bytes, Clock::time_point deadline) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    if (Status ready = WaitFor(socket, POLLOUT, deadline); !ready.ok()) return ready;
    const ssize_t count = ::send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    // It may have answered and closed before it read everything: the answer is still to be had.
    if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) return Status::Ok();
    if (count < 0) return Error{ErrorCode::kIo, "agent", std::string("send: ") + std::strerror(errno)};
    sent += static_cast<std::size_t>(count);
  }
  return Status::Ok();
}

Result<std::string> ReceiveFrame(const ScopedFd& socket, Clock::time_point deadline) {
  frame::FrameReader reader;
  std::array<std::byte, 16384> bytes{};
  for (;;) {
    if (Status ready = WaitFor(socket, POLLIN, deadline); !ready.ok()) return ready.error();
    const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return Error{ErrorCode::kUnavailable, "agent", "closed the connection without an answer"};
    const Status fed = reader.Feed(std::span(bytes).first(static_cast<std::size_t>(count)));
    if (!fed.ok()) return fed.error();
    if (std::optional<std::string> payload = reader.Next()) return *std::move(payload);
  }
}

}  // namespace

Result<proto::ControlAnswer> Ask(const std::filesystem::path& path, const proto::ControlRequest& request,
                                 std::chrono::milliseconds within) {
  const Clock::time_point deadline = Clock::now() + within;
  std::string bytes;
  if (Status framed = frame::AppendFrame(bytes, request.SerializeAsString()); !framed.ok()) return framed.error();
  const Result<ScopedFd> socket = Connect(path);
  if (!socket.ok()) return socket.error();
  if (Status sent = SendAll(socket.value(), bytes, deadline); !sent.ok()) return sent.error();
  const Result<std::string> payload = ReceiveFrame(socket.value(), deadline);
  if (!payload.ok()) return payload.error();
  proto::ControlAnswer answer;
  if (!answer.ParseFromString(payload.value()) || answer.body_case() == proto::ControlAnswer::BODY_NOT_SET)
    return Error{ErrorCode::kInvalid, "agent", "the answer cannot be read; is the agent of the same version?"};
  return answer;
}

}  // namespace sekimori::control
