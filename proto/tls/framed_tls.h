// One TLS connection that carries frames, without ever blocking: handshake, bounded queue out, bounded frames in, and
// deadlines against a peer that is slow, silent in mid-word, or does not take what it is sent. Req: R06, R12
// One thread. Time is given by the caller, so that tests need not wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <Poco/Net/StreamSocket.h>

#include "proto/frame/frame.h"
#include "proto/result.h"
#include "proto/tls/certificate.h"
#include "proto/tls/context.h"

namespace sekimori::tls {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Limits {
  std::chrono::milliseconds handshake{10'000};  // connect to established
  std::chrono::milliseconds frame{60'000};      // first byte of a frame to its last
  std::chrono::milliseconds write{60'000};      // without the peer taking a byte of what is queued
  std::size_t max_frame = frame::kMaxFrame;
  std::size_t max_queued = std::size_t{4} << 20;  // bytes waiting to be sent
};

// What a call of Pump brought.
struct Received {
  std::vector<std::string> frames;
  bool closed = false;  // the peer ended the connection in good order, after these frames
};

class FramedTls {
 public:
  // `socket` is connected or connecting, and is made non-blocking. The contexts outlive the connection.
  [[nodiscard]] static Result<std::unique_ptr<FramedTls>> Accept(const ServerContext& context,
                                                                 const Poco::Net::StreamSocket& socket,
                                                                 const Limits& limits, Time now);
  // The peer must carry `server_name` (DNS name or address) in its certificate.
  [[nodiscard]] static Result<std::unique_ptr<FramedTls>> Connect(ClientContext& context,
                                                                  const Poco::Net::StreamSocket& socket,
                                                                  const std::string& server_name, const Limits& limits,
                                                                  Time now);
  ~FramedTls();
  FramedTls(const FramedTls&) = delete;
  FramedTls& operator=(const FramedTls&) = delete;

  // Moves whatever can be moved now: handshake, queued bytes out, and, if `read`, at most about 256 KiB and 64 TLS
  // records in, however fast the peer is; what is left keeps the socket readable. An error ends the connection:
  // kUntrusted (certificate or protocol, either side's), kTooLarge (frame), kUnavailable (reset, cut off), kTimeout (a
  // deadline passed).
  [[nodiscard]] Result<Received> Pump(Time now, bool read);
  // Queues a frame. kTooLarge; kFull when the peer does not keep up.
  [[nodiscard]] Status Send(std::string_view payload, Time now);
  // From the next frame on. kConflict while a frame is being received.
  [[nodiscard]] Status SetMaxFrame(std::size_t max_frame);
  // Says goodbye, so that the peer can tell an end from a cut. Best effort; nothing can be sent afterwards.
  void Close(Time now);

  [[nodiscard]] bool established() const { return established_; }
  [[nodiscard]] bool resumed() const;
  [[nodiscard]] bool wants_write() const;
  [[nodiscard]] bool wants_read() const;  // even while the caller reads no frames: the handshake needs it
  // Bytes of the peer's, as they travel, that were read so far; and with those that have arrived and were not.
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t bytes_arrived() const;
  [[nodiscard]] std::size_t queued() const { return out_.size() - out_at_; }
  // When Pump must be called at the latest, so that a deadline is kept.
  [[nodiscard]] std::optional<Time> deadline() const;
  // The certificate the peer proved to hold; none when it gave none.
  [[nodiscard]] std::optional<Certificate> peer_certificate() const;
  // The CA certificate of the verified chain, for enrolment; set once established as a client.
  [[nodiscard]] std::optional<Certificate> peer_ca() const;
  [[nodiscard]] const Poco::Net::StreamSocket& socket() const { return socket_; }
  // For tests that break the framing.
  [[nodiscard]] SSL* native() const { return ssl_.get(); }

 private:
  enum class Want { kNothing, kRead, kWrite };
  FramedTls(SslPtr ssl, const Poco::Net::StreamSocket& socket, const Limits& limits, Time now);
  [[nodiscard]] Status Handshake(Time now);
  [[nodiscard]] Status Flush(Time now);
  [[nodiscard]] Status Read(Time now, Received& received);
  [[nodiscard]] Status TakeBytes(std::string_view bytes, Received& received);
  void WatchFrame(Time now, bool completed_one);
  [[nodiscard]] Status CheckDeadlines(Time now) const;
  [[nodiscard]] Error Fault(int result, const char* act) const;
  static void CountMessage(int sent, int version, int kind, const void* bytes, std::size_t size, SSL* ssl, void* self);

  Limits limits_;
  Poco::Net::StreamSocket socket_;
  SslPtr ssl_;
  frame::FrameReader reader_;
  std::string out_;
  std::size_t out_at_ = 0;
  bool established_ = false;
  bool said_goodbye_ = false;
  int late_messages_ = 0;  // of the handshake protocol, after the handshake
  Want handshake_want_ = Want::kRead;
  Time handshake_until_;
  std::optional<Time> frame_until_;
  std::optional<Time> write_until_;
};

}  // namespace sekimori::tls
