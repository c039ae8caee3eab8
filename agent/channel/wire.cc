#include "agent/channel/wire.h"

#include <algorithm>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocket.h>

namespace sekimori::channel {
namespace {

constexpr std::chrono::hours kLongest{1};
constexpr std::chrono::seconds kLookupLimit{60};

Error Interrupted() {
  return Error{ErrorCode::kUnavailable, "link", "interrupted"};
}

}  // namespace

Wire::Wire(const tls::Waker& waker, std::function<bool()> interrupted)
    : waker_(waker), interrupted_(std::move(interrupted)) {}

Wire::~Wire() = default;

Result<bool> Wire::Poll(bool with_socket, std::optional<tls::Time> until) {
  try {
    // A set for every wait: nothing is left in it by accident, and a terminal waits seldom.
    Poco::Net::PollSet set;
    set.add(waker_.socket(), Poco::Net::PollSet::POLL_READ);
    if (with_socket) {
      int mode = tls_->established() || tls_->wants_read() ? Poco::Net::PollSet::POLL_READ : 0;
      if (tls_->wants_write()) mode |= Poco::Net::PollSet::POLL_WRITE;
      set.add(tls_->socket(), mode);
      const auto deadline = tls_->deadline();
      if (deadline && (!until || *deadline < *until)) until = deadline;
    }
    const tls::Time now = tls::Clock::now();
    const auto patience = until ? std::clamp<tls::Clock::duration>(*until - now, tls::Clock::duration(0), kLongest)
                                : tls::Clock::duration(kLongest);
    const auto ready = set.poll(Poco::Timespan(std::chrono::ceil<std::chrono::milliseconds>(patience).count() * 1000));
    bool socket_ready = false;
    for (const auto& [socket, events] : ready) {
      if (socket == waker_.socket()) {
        waker_.Clear();
      } else {
        socket_ready = true;
      }
    }
    return socket_ready;
  } catch (const Poco::Exception& error) {
    return Error{ErrorCode::kIo, "link", "waiting: " + error.displayText()};
  }
}

Result<Addresses> Wire::LookUp(const Endpoint& endpoint) {
  const std::shared_ptr<Lookup> lookup = Lookup::Begin(endpoint.host, endpoint.port, waker_);
  const tls::Time limit = tls::Clock::now() + kLookupLimit;
  for (;;) {
    if (auto answer = lookup->Answer()) return std::move(*answer);
    if (interrupted_()) return Interrupted();
    if (tls::Clock::now() >= limit) return Error{ErrorCode::kTimeout, endpoint.host, "the name server does not answer"};
    if (const Result<bool> polled = Poll(false, limit); !polled.ok()) return polled.error();
  }
}

Status Wire::Open(tls::ClientContext& context, const Endpoint& endpoint, const tls::Limits& limits) {
  const Result<Addresses> addresses = LookUp(endpoint);
  if (!addresses.ok()) return addresses.error();
  Status last;
  for (const Poco::Net::SocketAddress& address : addresses.value()) {
    last = OpenOne(context, address, endpoint, limits);
    if (last.ok() || interrupted_()) break;
  }
  return last;
}

Status Wire::OpenOne(tls::ClientContext& context, const Poco::Net::SocketAddress& address, const Endpoint& endpoint,
                     const tls::Limits& limits) {
  ended_ = false;
  Poco::Net::StreamSocket socket;
  try {
    socket.connectNB(address);
  } catch (const Poco::Exception& error) {
    return Error{ErrorCode::kUnavailable, address.toString(), error.displayText()};
  }
  Result<std::unique_ptr<tls::FramedTls>> made =
      tls::FramedTls::Connect(context, socket, endpoint.server_name, limits, tls::Clock::now());
  if (!made.ok()) return made.error();
  tls_ = std::move(made).value();
  while (!tls_->established()) {
    if (interrupted_()) return Interrupted();
    if (const Result<bool> polled = Poll(true, std::nullopt); !polled.ok()) return polled.error();
    const Result<tls::Received> pumped = tls_->Pump(tls::Clock::now(), false);
    if (!pumped.ok()) return Error{pumped.error().code, address.toString(), pumped.error().detail};
  }
  return Status::Ok();
}

Status Wire::Send(const std::string& frame) {
  return tls_->Send(frame, tls::Clock::now());
}

Result<std::vector<std::string>> Wire::Wait(std::optional<tls::Time> until) {
  if (ended_) return Error{ErrorCode::kUnavailable, "collector", "ended the connection"};
  Result<tls::Received> pumped = tls_->Pump(tls::Clock::now(), true);
  if (pumped.ok() && pumped.value().frames.empty() && !pumped.value().closed) {
    if (const Result<bool> polled = Poll(true, until); !polled.ok()) return polled.error();
    pumped = tls_->Pump(tls::Clock::now(), true);
  }
  if (!pumped.ok()) return pumped.error();
  ended_ = pumped.value().closed;
  if (ended_ && pumped.value().frames.empty()) {
    return Error{ErrorCode::kUnavailable, "collector", "ended the connection"};
  }
  return std::move(pumped).value().frames;
}

void Wire::Close() {
  if (tls_) tls_->Close(tls::Clock::now());
}

}  // namespace sekimori::channel
