// The few things about sockets that Poco does not cover. One platform per .cc.
#pragma once

#include <Poco/Net/Socket.h>
#include <Poco/Net/StreamSocket.h>

#include "proto/result.h"

namespace sekimori::tls {

// A write to a connection the peer has reset raises SIGPIPE, which by default ends the process. Called once by whoever
// starts using sockets; afterwards the write fails instead.
void IgnoreBrokenPipes();

// Non-blocking, small writes at once; a peer that died unseen is noticed by the kernel within about a minute and a
// half. kUnavailable when the socket is dead already.
[[nodiscard]] Status PrepareSocket(Poco::Net::StreamSocket socket);

// Wakes a thread out of PollSet::poll. Any number of Wake calls, from any thread, make it readable once until Clear.
class Waker {
 public:
  [[nodiscard]] static Result<Waker> Make();
  void Wake() const;
  void Clear() const;
  [[nodiscard]] const Poco::Net::Socket& socket() const { return socket_; }

 private:
  explicit Waker(const Poco::Net::Socket& socket) : socket_(socket) {}
  Poco::Net::Socket socket_;
};

}  // namespace sekimori::tls
