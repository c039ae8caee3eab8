// Notices straight from the kernel, over netlink. Anything another process sent is dropped; what could not be received
// whole counts as lost, never as not having been. One thread. Req: R02
// Source: netlink(7), unix(7) SCM_CREDENTIALS, recvmsg(2).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/linux/scoped_fd.h"
#include "drivers/linux/uevent.h"
#include "proto/result.h"

namespace sekimori::drivers {

// What was waiting, in order. `lost` says why notices are missing, and is empty when none are.
struct UeventBatch {
  std::vector<Uevent> uevents;
  std::string lost;
  bool more = false;  // there may be more waiting
};

// Virtual so that a test can play the kernel.
class UeventFeed {
 public:
  virtual ~UeventFeed() = default;
  // Readable when something waits.
  [[nodiscard]] virtual int fd() const = 0;
  // Never blocks.
  [[nodiscard]] virtual UeventBatch Receive() = 0;
};

class UeventSocket final : public UeventFeed {
 public:
  // kDenied without the right to listen; kUnsupported where the kernel has no such socket.
  [[nodiscard]] static Result<std::unique_ptr<UeventSocket>> Open();
  // Takes a datagram socket that is open already and has SO_PASSCRED set.
  explicit UeventSocket(ScopedFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const override { return socket_.get(); }
  [[nodiscard]] UeventBatch Receive() override;

 private:
  ScopedFd socket_;
};

}  // namespace sekimori::drivers
