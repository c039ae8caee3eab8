#include "proto/tls/framed_tls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "proto/tls/sockets.h"

namespace sekimori::tls {
namespace {

constexpr const char* kWhere = "TLS";
constexpr std::size_t kReadPiece = std::size_t{16} << 10;  // one TLS record
constexpr std::size_t kReadTurn = std::size_t{256} << 10;  // a talkative peer does not starve the others
constexpr int kReadRecords = 64;                           // nor one that sends a byte at a time
// Tickets and key updates (RFC 8446, 4.6): ours send a ticket or two. They bring no byte, so no other bound holds them.
constexpr int kMaxLateMessages = 16;
constexpr std::size_t kKeepBuffer = std::size_t{4} << 10;  // an idle connection holds no more than this

Result<SslPtr> NewSsl(SSL_CTX* context, const Poco::Net::StreamSocket& socket) {
  SslPtr ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), static_cast<int>(socket.impl()->sockfd())) != 1) {
    return OpensslError(ErrorCode::kInternal, kWhere, "connection cannot be made");
  }
  return ssl;
}

Status ExpectName(SSL* ssl, const std::string& server_name) {
  Poco::Net::IPAddress address;
  const bool is_address = Poco::Net::IPAddress::tryParse(server_name, address);
  X509_VERIFY_PARAM* expect = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expect, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(expect, server_name.c_str())
                             : X509_VERIFY_PARAM_set1_host(expect, server_name.data(), server_name.size());
  if (set != 1 || (!is_address && SSL_set_tlsext_host_name(ssl, server_name.c_str()) != 1)) {
    return OpensslError(ErrorCode::kInvalid, kWhere, "server name '" + server_name + "'");
  }
  return Status::Ok();
}

}  // namespace

FramedTls::FramedTls(SslPtr ssl, const Poco::Net::StreamSocket& socket, const Limits& limits, Time now)
    : limits_(limits),
      socket_(socket),
      ssl_(std::move(ssl)),
      reader_(limits.max_frame),
      handshake_until_(now + limits.handshake) {
  SSL_set_msg_callback(ssl_.get(), &FramedTls::CountMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

FramedTls::~FramedTls() = default;

Result<std::unique_ptr<FramedTls>> FramedTls::Accept(const ServerContext& context,
                                                     const Poco::Net::StreamSocket& socket, const Limits& limits,
                                                     Time now) {
  if (Status status = PrepareSocket(socket); !status.ok()) return status.error();
  Result<SslPtr> ssl = NewSsl(context.native(), socket);
  if (!ssl.ok()) return ssl.error();
  SSL_set_accept_state(ssl.value().get());
  return std::unique_ptr<FramedTls>(new FramedTls(std::move(ssl).value(), socket, limits, now));
}

Result<std::unique_ptr<FramedTls>> FramedTls::Connect(ClientContext& context, const Poco::Net::StreamSocket& socket,
                                                      const std::string& server_name, const Limits& limits, Time now) {
  if (Status status = PrepareSocket(socket); !status.ok()) return status.error();
  Result<SslPtr> ssl = NewSsl(context.native(), socket);
  if (!ssl.ok()) return ssl.error();
  if (Status status = ExpectName(ssl.value().get(), server_name); !status.ok()) return status.error();
  if (const SslSessionPtr session = context.TakeSession()) SSL_set_session(ssl.value().get(), session.get());
  SSL_set_connect_state(ssl.value().get());
  auto connection = std::unique_ptr<FramedTls>(new FramedTls(std::move(ssl).value(), socket, limits, now));
  connection->handshake_want_ = Want::kWrite;  // while connecting, the socket becomes writable first
  return connection;
}

void FramedTls::CountMessage(int sent, int /*version*/, int kind, const void* /*bytes*/, std::size_t /*size*/,
                             SSL* /*ssl*/, void* self) {
  auto* connection = static_cast<FramedTls*>(self);
  if (connection->established_ && sent == 0 && kind == SSL3_RT_HANDSHAKE) ++connection->late_messages_;
}

Error FramedTls::Fault(int result, const char* act) const {
  const int system = errno;
  const int kind = SSL_get_error(ssl_.get(), result);
  const long verified = SSL_get_verify_result(ssl_.get());
  if (kind == SSL_ERROR_SYSCALL) {
    (void)DrainErrors();
    return Error{ErrorCode::kUnavailable, kWhere,
                 std::string(act) + ": " + (system != 0 ? std::strerror(system) : "cut off without goodbye")};
  }
  const unsigned long first = ERR_peek_error();
  const std::string reasons = DrainErrors();
  // OpenSSL 3 reports a bare end of the stream as a protocol error; a cut cable proves nothing about trust.
  if (ERR_GET_REASON(first) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return Error{ErrorCode::kUnavailable, kWhere, std::string(act) + ": cut off without goodbye"};
  }
  std::string detail = std::string(act) + ": " + reasons;
  if (verified != X509_V_OK) detail += std::string(" (") + X509_verify_cert_error_string(verified) + ")";
  return Error{ErrorCode::kUntrusted, kWhere, std::move(detail)};
}

Status FramedTls::Handshake(Time now) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    handshake_want_ = Want::kNothing;
    if (!out_.empty()) write_until_ = now + limits_.write;
    return Status::Ok();
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      handshake_want_ = Want::kRead;
      return Status::Ok();
    case SSL_ERROR_WANT_WRITE:
      handshake_want_ = Want::kWrite;
      return Status::Ok();
    default:
      return Fault(result, "handshake");
  }
}

Status FramedTls::Flush(Time now) {
  while (out_at_ < out_.size()) {
    ERR_clear_error();
    errno = 0;
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), out_.data() + out_at_, out_.size() - out_at_, &written);
    if (result != 1) {
      const int kind = SSL_get_error(ssl_.get(), result);
      if (kind == SSL_ERROR_WANT_WRITE || kind == SSL_ERROR_WANT_READ) break;
      return Fault(result, "write");
    }
    out_at_ += written;
    write_until_ = now + limits_.write;
  }
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
    write_until_.reset();
    if (out_.capacity() > kKeepBuffer) out_.shrink_to_fit();
  } else if (out_at_ > kReadTurn) {
    out_.erase(0, out_at_);
    out_at_ = 0;
  }
  return Status::Ok();
}

Status FramedTls::TakeBytes(std::string_view bytes, Received& received) {
  if (Status fed = reader_.Feed(std::as_bytes(std::span(bytes.data(), bytes.size()))); !fed.ok()) return fed;
  while (std::optional<std::string> whole = reader_.Next())
    received.frames.push_back(std::move(*whole));
  return Status::Ok();
}

Status FramedTls::Read(Time now, Received& received) {
  std::array<char, kReadPiece> piece;
  std::size_t total = 0;
  for (int records = 0; total < kReadTurn && records < kReadRecords; ++records) {
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &count);
    if (late_messages_ > kMaxLateMessages) {
      return Error{ErrorCode::kUntrusted, kWhere, "it goes on shaking hands after the handshake"};
    }
    if (result == 1) {
      total += count;
      if (Status taken = TakeBytes({piece.data(), count}, received); !taken.ok()) return taken;
      continue;
    }
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_ZERO_RETURN) {
      received.closed = true;
    } else if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
      return Fault(result, "read");
    }
    break;
  }
  WatchFrame(now, !received.frames.empty());
  return Status::Ok();
}

void FramedTls::WatchFrame(Time now, bool completed_one) {
  // A frame, or the TLS record that will carry its first byte, has begun and is not whole.
  const bool in_mid_word = reader_.pending() > 0 || SSL_has_pending(ssl_.get()) == 1;
  if (!in_mid_word) {
    frame_until_.reset();
  } else if (!frame_until_ || completed_one) {
    frame_until_ = now + limits_.frame;
  }
}

Status FramedTls::CheckDeadlines(Time now) const {
  if (!established_ && now >= handshake_until_) {
    return Error{ErrorCode::kTimeout, kWhere, "handshake not finished in time"};
  }
  if (frame_until_ && now >= *frame_until_) {
    return Error{ErrorCode::kTimeout, kWhere, "a message was begun and not finished in time"};
  }
  if (write_until_ && now >= *write_until_) {
    return Error{ErrorCode::kTimeout, kWhere, "the peer takes nothing of what it is sent"};
  }
  return Status::Ok();
}

Result<Received> FramedTls::Pump(Time now, bool read) {
  Received received;
  if (!established_) {
    if (Status status = Handshake(now); !status.ok()) return status.error();
  }
  if (established_ && !said_goodbye_) {
    if (Status status = Flush(now); !status.ok()) return status.error();
  }
  if (established_ && read) {
    if (Status status = Read(now, received); !status.ok()) return status.error();
  } else if (frame_until_) {
    frame_until_ = now + limits_.frame;  // it is we who do not read
  }
  if (Status status = CheckDeadlines(now); !status.ok()) return status.error();
  return received;
}

Status FramedTls::Send(std::string_view payload, Time now) {
  if (said_goodbye_) return Error{ErrorCode::kUnavailable, kWhere, "the connection is being closed"};
  if (queued() + payload.size() + frame::kHeaderSize > limits_.max_queued) {
    return Error{ErrorCode::kFull, kWhere, "the peer does not keep up with what it is sent"};
  }
  if (Status status = frame::AppendFrame(out_, payload); !status.ok()) return status;
  if (established_ && !write_until_) write_until_ = now + limits_.write;
  return Status::Ok();
}

Status FramedTls::SetMaxFrame(std::size_t max_frame) {
  if (reader_.pending() > 0) return Error{ErrorCode::kConflict, kWhere, "a frame is being received"};
  limits_.max_frame = max_frame;
  reader_ = frame::FrameReader(max_frame);
  return Status::Ok();
}

void FramedTls::Close(Time now) {
  if (said_goodbye_ || !established_) return;
  (void)Flush(now);
  said_goodbye_ = true;
  (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool FramedTls::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

std::uint64_t FramedTls::bytes_read() const {
  return BIO_number_read(SSL_get_rbio(ssl_.get()));
}

std::uint64_t FramedTls::bytes_arrived() const {
  try {
    return bytes_read() + static_cast<std::uint64_t>(socket_.available());
  } catch (const Poco::Exception&) {
    return bytes_read();  // dead: nothing more can be read
  }
}

bool FramedTls::wants_write() const {
  return established_ ? queued() > 0 && !said_goodbye_ : handshake_want_ == Want::kWrite;
}

bool FramedTls::wants_read() const {
  return !established_ && handshake_want_ == Want::kRead;
}

std::optional<Time> FramedTls::deadline() const {
  if (!established_) return handshake_until_;
  if (frame_until_ && write_until_) return std::min(*frame_until_, *write_until_);
  return frame_until_ ? frame_until_ : write_until_;
}

std::optional<Certificate> FramedTls::peer_certificate() const {
  X509Ptr x509(SSL_get1_peer_certificate(ssl_.get()));
  if (!x509 || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return std::nullopt;
  Result<Certificate> certificate = Certificate::FromNative(std::move(x509));
  if (!certificate.ok()) return std::nullopt;
  return std::move(certificate).value();
}

std::optional<Certificate> FramedTls::peer_ca() const {
  STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl_.get());
  if (chain == nullptr || sk_X509_num(chain) < 2) return std::nullopt;
  X509* last = sk_X509_value(chain, sk_X509_num(chain) - 1);
  X509_up_ref(last);
  Result<Certificate> certificate = Certificate::FromNative(X509Ptr(last));
  if (!certificate.ok()) return std::nullopt;
  return std::move(certificate).value();
}

}  // namespace sekimori::tls
