#include "proto/tls/context.h"

#include <utility>

#include <openssl/x509_vfy.h>

namespace sekimori::tls {
namespace {

constexpr const char* kWhere = "TLS context";
constexpr unsigned char kSessionContext[] = "sekimori channel v1";
// A resumed handshake does not look at certificates again, so tickets live much shorter than any certificate.
constexpr long kSessionSeconds = 2 * 60 * 60;

Result<SslContextPtr> NewContext(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) return OpensslError(ErrorCode::kInternal, kWhere, "cannot be made");
  SSL_CTX* raw = context.get();
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A record that carries no data ends the call, as if nothing had come: else OpenSSL goes on reading for as long as
  // such records come.
  SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_timeout(raw, kSessionSeconds);
  const bool good = SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_set_ciphersuites(
                        raw, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                    SSL_CTX_set1_groups_list(raw, "X25519:P-256") == 1 &&
                    SSL_CTX_set1_sigalgs_list(raw, "ECDSA+SHA256") == 1 && SSL_CTX_set_max_early_data(raw, 0) == 1;
  if (!good) return OpensslError(ErrorCode::kInternal, kWhere, "protocol settings");
  return context;
}

Status UseIdentity(SSL_CTX* context, const Certificate& certificate, const signing::SigningKey& key) {
  if (SSL_CTX_use_certificate(context, certificate.native()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.native()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return OpensslError(ErrorCode::kUntrusted, kWhere, "certificate and key do not belong together");
  }
  return Status::Ok();
}

Status TrustOnly(SSL_CTX* context, const Certificate& ca) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  if (X509_STORE_add_cert(store, ca.native()) != 1) return OpensslError(ErrorCode::kInternal, kWhere, "trust the CA");
  return Status::Ok();
}

}  // namespace

Result<ServerContext> ServerContext::Make(const Certificate& certificate, const signing::SigningKey& key,
                                          const Certificate& ca) {
  if (!certificate.IssuedBy(ca)) {
    return Error{ErrorCode::kUntrusted, kWhere, "the server certificate was not issued by this CA"};
  }
  Result<SslContextPtr> made = NewContext(TLS_server_method());
  if (!made.ok()) return made.error();
  SSL_CTX* raw = made.value().get();
  if (Status status = UseIdentity(raw, certificate, key); !status.ok()) return status.error();
  if (Status status = TrustOnly(raw, ca); !status.ok()) return status.error();
  // The CA travels with the chain: a terminal that enrols knows it by its hash only.
  if (SSL_CTX_add1_chain_cert(raw, ca.native()) != 1 || SSL_CTX_add_client_CA(raw, ca.native()) != 1 ||
      SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1) != 1 ||
      SSL_CTX_set_num_tickets(raw, 1) != 1) {
    return OpensslError(ErrorCode::kInternal, kWhere, "server settings");
  }
  // Tickets carry the session; nothing is kept here for ten thousand terminals.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(raw, 1);
  return ServerContext(std::move(made).value());
}

Status ClientContext::Prepare() {
  Result<SslContextPtr> made = NewContext(TLS_client_method());
  if (!made.ok()) return made.error();
  context_ = std::move(made).value();
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context_.get(), 1);
  SSL_CTX_set_app_data(context_.get(), this);
  return Status::Ok();
}

Result<std::unique_ptr<ClientContext>> ClientContext::ForTerminal(const Certificate& certificate,
                                                                  const signing::SigningKey& key,
                                                                  const Certificate& ca) {
  std::unique_ptr<ClientContext> client(new ClientContext());
  if (Status status = client->Prepare(); !status.ok()) return status.error();
  SSL_CTX* raw = client->context_.get();
  if (Status status = UseIdentity(raw, certificate, key); !status.ok()) return status.error();
  if (Status status = TrustOnly(raw, ca); !status.ok()) return status.error();
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, &ClientContext::KeepSession);
  return client;
}

Result<std::unique_ptr<ClientContext>> ClientContext::ForEnrolment(const signing::Sha256Hash& ca_sha256) {
  std::unique_ptr<ClientContext> client(new ClientContext());
  if (Status status = client->Prepare(); !status.ok()) return status.error();
  client->pinned_ca_ = ca_sha256;
  SSL_CTX_set_cert_verify_callback(client->context_.get(), &ClientContext::VerifyPinned, client.get());
  return client;
}

int ClientContext::KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<ClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  self->session_.reset(session);
  return 1;  // the reference is ours now
}

int ClientContext::VerifyPinned(X509_STORE_CTX* store, void* self) {
  const auto& pin = *static_cast<ClientContext*>(self)->pinned_ca_;
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    X509* candidate = sk_X509_value(sent, i);
    signing::Sha256Hash hash{};
    unsigned int size = 0;
    if (X509_digest(candidate, EVP_sha256(), hash.data(), &size) != 1 || size != hash.size() || hash != pin) continue;
    // The pinned certificate becomes the one trust anchor; time, purpose, signature and name are checked as ever.
    STACK_OF(X509)* anchors = sk_X509_new_null();
    if (anchors == nullptr || sk_X509_push(anchors, candidate) <= 0) {
      sk_X509_free(anchors);
      break;
    }
    X509_STORE_CTX_set0_trusted_stack(store, anchors);
    const int verified = X509_verify_cert(store);
    X509_STORE_CTX_set0_trusted_stack(store, nullptr);
    sk_X509_free(anchors);
    return verified > 0 ? 1 : 0;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
  return 0;
}

}  // namespace sekimori::tls
