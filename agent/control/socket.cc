#include "agent/control/socket.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sekimori::control {

namespace {

constexpr int kBacklog = 16;

Error SystemError(const std::filesystem::path& path, const char* act) {
  const int error = errno;
  const bool absent = error == ENOENT || error == ECONNREFUSED;
  const ErrorCode code = absent ? ErrorCode::kUnavailable : error == EACCES ? ErrorCode::kDenied : ErrorCode::kIo;
  return Error{code, path.string(), std::string(act) + ": " + std::strerror(error)};
}

Result<sockaddr_un> Address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path)
    return Error{ErrorCode::kTooLarge, text, "a socket's path has at most 107 bytes"};
  std::memcpy(address.sun_path, text.c_str(), text.size());
  return address;
}

}  // namespace

ScopedFd::~ScopedFd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<ScopedFd> Listen(const std::filesystem::path& path) {
  const Result<sockaddr_un> address = Address(path);
  if (!address.ok()) return address.error();
  ScopedFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return SystemError(path, "socket");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError(path, "unlink");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.value()), sizeof(sockaddr_un)) != 0)
    return SystemError(path, "bind");
  if (::chmod(path.c_str(), 0666) != 0) return SystemError(path, "chmod");
  if (::listen(socket.get(), kBacklog) != 0) return SystemError(path, "listen");
  return socket;
}

Result<ScopedFd> Connect(const std::filesystem::path& path) {
  const Result<sockaddr_un> address = Address(path);
  if (!address.ok()) return address.error();
  ScopedFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return SystemError(path, "socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.value()), sizeof(sockaddr_un)) != 0)
    return SystemError(path, "connect");
  return socket;
}

Result<std::uint32_t> PeerUid(const ScopedFd& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return Error{ErrorCode::kIo, "control socket", std::string("SO_PEERCRED: ") + std::strerror(errno)};
  return static_cast<std::uint32_t>(peer.uid);
}

}  // namespace sekimori::control
