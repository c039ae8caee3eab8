// A Unix stream socket for the command line, as scoped values. Source: unix(7), SO_PEERCRED.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "proto/result.h"

namespace sekimori::control {

class ScopedFd {
 public:
  ScopedFd() = default;
  explicit ScopedFd(int fd) : fd_(fd) {}
  ScopedFd(ScopedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ScopedFd& operator=(ScopedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  ~ScopedFd();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Listens, non-blocking, open to every local user; who may ask what is decided by the peer's uid. A socket left behind
// is taken away first: the caller holds the lock of the run directory, so nobody listens there. kTooLarge: a path
// longer than sun_path; kIo.
[[nodiscard]] Result<ScopedFd> Listen(const std::filesystem::path& path);
// Blocking. kUnavailable: nobody listens; kDenied; kIo.
[[nodiscard]] Result<ScopedFd> Connect(const std::filesystem::path& path);
// The uid of the process at the other end when it connected.
[[nodiscard]] Result<std::uint32_t> PeerUid(const ScopedFd& socket);

}  // namespace sekimori::control
