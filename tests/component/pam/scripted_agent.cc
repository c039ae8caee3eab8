#include "tests/component/pam/scripted_agent.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sekimori::tests {
namespace {

constexpr std::chrono::milliseconds kForEver{20'000};

void Require(bool good) {
  if (!good) std::abort();
}

// Whether `fd` has something, or has ended; false after `limit` or at the stop.
bool Ready(int fd, int stop_fd, std::chrono::milliseconds limit) {
  pollfd both[] = {{fd, POLLIN, 0}, {stop_fd, POLLIN, 0}};
  const int found = ::poll(both, 2, static_cast<int>(limit.count()));
  return found > 0 && both[1].revents == 0;
}

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Require(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::vector<int> FillQueue(const std::string& path) {
  const sockaddr_un address = Address(path);
  std::vector<int> waiting;
  for (;;) {
    waiting.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(waiting.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return waiting;
  }
}

}  // namespace

std::string Framed(std::string_view body) {
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<char>(body.size() >> static_cast<unsigned>(shift)));
  return frame.append(body);
}

std::string TextField(std::string_view text) {
  return std::string{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())}.append(text);
}

std::string Prompt(LoginStyle style, std::string_view text) {
  return Framed(std::string{kLoginVersion, kLoginPrompt, static_cast<char>(style)} + TextField(text));
}

std::string Verdict(LoginResult result, std::string_view message, std::string_view ticket) {
  return Framed(std::string{kLoginVersion, kLoginVerdict, static_cast<char>(result)} + TextField(message) +
                TextField(ticket));
}

std::string Grant(LoginPhase phase) {
  return Verdict(kLoginGranted, "", phase == kLoginAuthenticate ? kTicket : "");
}

bool AgentSide::ReadAll(uint8_t* bytes, std::size_t size) {
  for (std::size_t got = 0; got < size;) {
    if (!Ready(fd_, stop_fd_, kForEver)) return false;
    const ssize_t count = ::recv(fd_, bytes + got, size - got, 0);
    if (count <= 0) return false;
    got += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<LoginFromModule> AgentSide::Read() {
  uint8_t header[kLoginHeaderSize];
  uint8_t body[kLoginBodyMax];
  LoginFromModule message;
  if (!ReadAll(header, sizeof header)) return std::nullopt;
  const std::size_t size = LoginBodySize(header);
  if (size == 0 || !ReadAll(body, size)) return std::nullopt;
  if (LoginDecodeFromModule(body, size, &message) != kLoginSound) return std::nullopt;
  return message;
}

void AgentSide::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool AgentSide::HungUpWithin(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !Ready(fd_, stop_fd_, left)) return false;
    char thrown_away[256];
    if (::recv(fd_, thrown_away, sizeof thrown_away, MSG_DONTWAIT) <= 0) return true;
  }
}

void AgentSide::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

ScriptedAgent::ScriptedAgent(std::string socket_path, Script script, std::chrono::milliseconds taken_after)
    : socket_path_(std::move(socket_path)),
      script_(std::move(script)),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un address = Address(socket_path_);
  ::unlink(socket_path_.c_str());
  Require(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  Require(::listen(listener_, taken_after.count() > 0 ? 0 : 16) == 0);
  Require(::pipe(stop_) == 0);
  thread_ = std::thread(
      [this, taken_after, waiting = taken_after.count() > 0 ? FillQueue(socket_path_) : std::vector<int>()] {
        Ready(stop_[0], stop_[0], taken_after);
        for (const int fd : waiting)
          ::close(fd);
        Serve();
      });
}

ScriptedAgent::~ScriptedAgent() {
  ::close(stop_[1]);
  thread_.join();
  ::close(stop_[0]);
  ::close(listener_);
  ::unlink(socket_path_.c_str());
}

void ScriptedAgent::Serve() {
  while (Ready(listener_, stop_[0], kForEver)) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    AgentSide side(fd, stop_[0]);
    script_(side);
  }
}

}  // namespace sekimori::tests
