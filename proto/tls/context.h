// What each end of the channel demands of the other: TLS 1.3 (RFC 8446) only, P-256 certificates under the site's one
// CA, no early data, no renegotiation (1.3 has none). Req: R06, R12 Contexts are shared read-only by connections of one
// thread and outlive them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proto/result.h"
#include "proto/signing/key.h"
#include "proto/tls/certificate.h"
#include "proto/tls/openssl_types.h"

namespace sekimori::tls {

// The collector's side. The peer's certificate is asked for, not demanded: with one, the handshake fails unless the CA
// issued it for clients and it is in its time; without one, the caller decides what little is allowed.
class ServerContext {
 public:
  // kUntrusted when `ca` did not issue `certificate`, or `key` is not its key.
  [[nodiscard]] static Result<ServerContext> Make(const Certificate& certificate, const signing::SigningKey& key,
                                                  const Certificate& ca);
  [[nodiscard]] SSL_CTX* native() const { return context_.get(); }

 private:
  explicit ServerContext(SslContextPtr context) : context_(std::move(context)) {}
  SslContextPtr context_;
};

// The terminal's side. Keeps the newest session ticket, so that a reconnect costs less.
class ClientContext {
 public:
  // Trusts the site's CA and nothing else.
  [[nodiscard]] static Result<std::unique_ptr<ClientContext>> ForTerminal(const Certificate& certificate,
                                                                          const signing::SigningKey& key,
                                                                          const Certificate& ca);
  // No certificate of its own; trusts only a CA certificate with this SHA-256, which the collector must send.
  [[nodiscard]] static Result<std::unique_ptr<ClientContext>> ForEnrolment(const signing::Sha256Hash& ca_sha256);

  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  [[nodiscard]] SSL_CTX* native() const { return context_.get(); }
  // May be null. Used up by the next connection.
  [[nodiscard]] SslSessionPtr TakeSession() { return std::move(session_); }
  [[nodiscard]] const std::optional<signing::Sha256Hash>& pinned_ca() const { return pinned_ca_; }

 private:
  ClientContext() = default;
  static int KeepSession(SSL* ssl, SSL_SESSION* session);
  static int VerifyPinned(X509_STORE_CTX* store, void* self);
  [[nodiscard]] Status Prepare();
  SslContextPtr context_;
  SslSessionPtr session_;
  std::optional<signing::Sha256Hash> pinned_ca_;
};

}  // namespace sekimori::tls
