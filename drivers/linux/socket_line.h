// One connection of the login module, frame by frame. One thread; a shutdown of the socket from elsewhere ends its
// waits.
#pragma once

#include <chrono>

#include "agent/ports/login_line.h"

namespace sekimori::drivers {

class SocketLine final : public ports::LoginLine {
 public:
  // The socket is the caller's, and outlives it.
  SocketLine(int socket, std::chrono::milliseconds send) : socket_(socket), send_(send) {}

  [[nodiscard]] Result<model::Secret> Receive(std::chrono::milliseconds within) override;
  [[nodiscard]] Status Send(std::string_view frame) override;
  [[nodiscard]] bool Disturbed() const override;
  void End() override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  [[nodiscard]] Status Await(short events, Time until) const;
  [[nodiscard]] Status Fill(char* bytes, std::size_t size, Time until) const;

  const int socket_;
  const std::chrono::milliseconds send_;
};

}  // namespace sekimori::drivers
