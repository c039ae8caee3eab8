// The login socket as the door sees it: one connection, one phase of one login. Bytes and order: proto/login/FORMAT.md.
// Req: R04
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "agent/model/login.h"
#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::ports {

// Who is at the other end, by the kernel's word, as of when it connected. Processes that could not be read are zeros:
// they are given no ticket.
struct LoginPeer {
  std::uint32_t uid = model::kNobody;
  model::LoginProcess process;
  model::LoginProcess parent;
  // Its real uid: of su and sudo who called them. kNobody: it could not be read.
  std::uint32_t started_by = model::kNobody;
};

// One thread.
class LoginLine {
 public:
  virtual ~LoginLine() = default;
  // The body of the next frame; secret, because it may hold an answer or a ticket. kTimeout; kUnavailable: the other
  // side has left; kInvalid: a length that no frame has; kIo.
  [[nodiscard]] virtual Result<model::Secret> Receive(std::chrono::milliseconds within) = 0;
  // A whole frame. kTimeout: it is not taken; kUnavailable: the other side has left; kIo.
  [[nodiscard]] virtual Status Send(std::string_view frame) = 0;
  // Whether the other side has said something that was not read, or left.
  [[nodiscard]] virtual bool Disturbed() const = 0;
  // This side has said all it had to say.
  virtual void End() = 0;
};

class LoginDoor {
 public:
  virtual ~LoginDoor() = default;
  // Several threads at once. Comes back when the phase is over; the line is closed then.
  virtual void Serve(LoginLine& line, const LoginPeer& peer) = 0;
};

}  // namespace sekimori::ports
