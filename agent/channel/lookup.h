// Name resolution that delays nobody: a dead name server can hold the system's resolver for half a minute, and the
// agent must be able to stop meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <Poco/Net/SocketAddress.h>

#include "proto/result.h"
#include "proto/tls/sockets.h"

namespace sekimori::channel {

using Addresses = std::vector<Poco::Net::SocketAddress>;

class Lookup {
 public:
  // An address needs no asking and is there at once. A name is asked for on a thread of its own, which holds on to what
  // it needs and ends by itself, even if nobody waits any more; `waker` is woken when the answer is there.
  [[nodiscard]] static std::shared_ptr<Lookup> Begin(const std::string& host, std::uint16_t port,
                                                     const tls::Waker& waker);

  // Nothing yet, the addresses (one at least), or kUnavailable. Any thread.
  [[nodiscard]] std::optional<Result<Addresses>> Answer() const;

 private:
  void Ask(const std::string& host, std::uint16_t port);
  mutable std::mutex mutex_;
  std::optional<Result<Addresses>> answer_;
};

}  // namespace sekimori::channel
