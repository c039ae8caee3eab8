#include "proto/tls/signing_request.h"

#include "proto/tls/openssl_types.h"

namespace sekimori::tls {
namespace {

constexpr const char* kWhere = "certificate signing request";

}  // namespace

Result<std::string> MakeSigningRequest(const signing::SigningKey& key) {
  const X509ReqPtr request(X509_REQ_new());
  if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.native()) != 1 ||
      X509_REQ_sign(request.get(), key.native(), EVP_sha256()) <= 0) {
    return OpensslError(ErrorCode::kInternal, kWhere, "cannot be made");
  }
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_REQ(request.get(), &bytes);
  if (length <= 0) return OpensslError(ErrorCode::kInternal, kWhere, "cannot be encoded");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

Result<signing::VerifyKey> CheckSigningRequest(std::string_view der) {
  if (der.size() > kMaxSigningRequest) return Error{ErrorCode::kTooLarge, kWhere, "larger than 4096 bytes"};
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const X509ReqPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request) return OpensslError(ErrorCode::kInvalid, kWhere, "not DER");
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request.get()), &bytes);
  if (length <= 0) return OpensslError(ErrorCode::kInvalid, kWhere, "its key cannot be encoded");
  const std::string spki(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  // The key's kind is settled before it verifies anything, so no odd algorithm is ever run on a stranger's input.
  Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(spki);
  if (!key.ok()) return Error{ErrorCode::kInvalid, kWhere, "its key is not P-256: " + key.error().detail};
  if (X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
    return OpensslError(ErrorCode::kUntrusted, kWhere, "not signed by its own key");
  }
  return key;
}

}  // namespace sekimori::tls
