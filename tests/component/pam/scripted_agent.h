// An agent that does exactly what a test says, at the other end of the module's socket: a thread, one connection at a
// time. Every wait of a script ends when the agent is taken down.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "proto/login/login.h"

namespace sekimori::tests {

// Frames as the agent sends them; `body` need not be sound.
[[nodiscard]] std::string Framed(std::string_view body);
[[nodiscard]] std::string TextField(std::string_view text);
[[nodiscard]] std::string Prompt(LoginStyle style, std::string_view text);
[[nodiscard]] std::string Verdict(LoginResult result, std::string_view message = "", std::string_view ticket = "");
// With a ticket exactly where one belongs.
[[nodiscard]] std::string Grant(LoginPhase phase);
inline constexpr const char* kTicket = "ticket-of-the-tests";

class AgentSide {
 public:
  AgentSide(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd) {}
  ~AgentSide() { Close(); }
  AgentSide(const AgentSide&) = delete;
  AgentSide& operator=(const AgentSide&) = delete;

  // The module's next message; nothing when it hung up or sent what is none.
  std::optional<LoginFromModule> Read();
  void Send(std::string_view bytes);
  // True as soon as the module hangs up, false after `limit` or when the test is over.
  bool HungUpWithin(std::chrono::milliseconds limit);
  void Close();

 private:
  bool ReadAll(uint8_t* bytes, std::size_t size);

  int fd_;
  int stop_fd_;
};

class ScriptedAgent {
 public:
  using Script = std::function<void(AgentSide&)>;
  // Listens at `socket_path`. If `taken_after` is not 0, its queue is full for so long.
  ScriptedAgent(std::string socket_path, Script script, std::chrono::milliseconds taken_after = {});
  ~ScriptedAgent();
  ScriptedAgent(const ScriptedAgent&) = delete;
  ScriptedAgent& operator=(const ScriptedAgent&) = delete;

  [[nodiscard]] int connections() const { return connections_; }

 private:
  void Serve();

  std::string socket_path_;
  Script script_;
  int listener_;
  int stop_[2];
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace sekimori::tests
