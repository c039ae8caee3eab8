// A connection to the collector used by one thread that others can interrupt: look-up, dialling, handshake, frames.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <Poco/Net/PollSet.h>

#include "agent/channel/lookup.h"
#include "proto/result.h"
#include "proto/tls/framed_tls.h"
#include "proto/tls/sockets.h"

namespace sekimori::channel {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string server_name;
};

class Wire {
 public:
  // `interrupted` is asked whenever `waker` was woken; both outlive the wire.
  Wire(const tls::Waker& waker, std::function<bool()> interrupted);
  ~Wire();

  // Tries every address of the name in turn until one completes a trusted handshake. kUnavailable (also when
  // interrupted), kTimeout, kUntrusted.
  [[nodiscard]] Status Open(tls::ClientContext& context, const Endpoint& endpoint, const tls::Limits& limits);
  [[nodiscard]] Status Send(const std::string& frame);
  // Moves bytes until frames have come, somebody woke us, or `until`. Frames may be none. An orderly end by the
  // collector is kUnavailable, after the frames before it were given.
  [[nodiscard]] Result<std::vector<std::string>> Wait(std::optional<tls::Time> until);
  void Close();

  [[nodiscard]] const tls::FramedTls& tls() const { return *tls_; }

 private:
  [[nodiscard]] Result<Addresses> LookUp(const Endpoint& endpoint);
  [[nodiscard]] Status OpenOne(tls::ClientContext& context, const Poco::Net::SocketAddress& address,
                               const Endpoint& endpoint, const tls::Limits& limits);
  // Whether the socket is ready; the waker is cleared if it was woken.
  [[nodiscard]] Result<bool> Poll(bool with_socket, std::optional<tls::Time> until);

  const tls::Waker& waker_;
  std::function<bool()> interrupted_;
  std::unique_ptr<tls::FramedTls> tls_;
  bool ended_ = false;  // the collector said goodbye
};

}  // namespace sekimori::channel
