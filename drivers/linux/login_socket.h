// The socket that the login module asks at: open to every local user, a thread for each connection, as many as are
// allowed. Who asks is the kernel's word. Parses no message; the door does. Req: R04
// Source: unix(7) (SO_PEERCRED), proto/login/FORMAT.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <thread>

#include "agent/ports/login_line.h"
#include "proto/result.h"

namespace sekimori::drivers {

// What is over a bound is hung up on, which the module takes for a refusal.
struct LoginSocketBounds {
  std::size_t connections = 256;
  std::size_t unprivileged = 128;    // of them; the rest is kept for what root runs by itself: login, sshd
  std::size_t of_one_user = 8;       // root apart; of what a user runs as root, su and sudo, too
  std::size_t phases_a_minute = 60;  // begun by one user, root apart: each may cost a record
  std::chrono::milliseconds send{5'000};
};

class LoginSocket {
 public:
  // The door outlives it.
  explicit LoginSocket(ports::LoginDoor& door, const LoginSocketBounds& bounds = {});
  ~LoginSocket();
  LoginSocket(const LoginSocket&) = delete;
  LoginSocket& operator=(const LoginSocket&) = delete;

  // Listens at `path` and starts. A socket left behind is taken away first: the caller holds the lock of the run
  // directory. kTooLarge: a path longer than sun_path; kIo.
  [[nodiscard]] Status Start(const std::filesystem::path& path);
  // Every line is cut off; waits until the door has let go of all of them. Safe to repeat.
  void Stop();
  // Served at this moment.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace sekimori::drivers
