#include "proto/signing/key.h"

#include <array>
#include <utility>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>

namespace sekimori::signing {
namespace {

// SubjectPublicKeyInfo of an uncompressed P-256 point up to and including the 0x04 that begins it (RFC 5480). Every
// P-256 key has exactly these bytes before its 64, so a key has one encoding and one key id.
constexpr std::array<unsigned char, 27> kSpkiPrefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t kSpkiSize = kSpkiPrefix.size() + 64;
constexpr std::size_t kMaxSignature = 72;  // DER of two 256-bit integers

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, ContextDeleter>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error OpenSslError(std::string where, std::string_view what) {
  std::array<char, 256> words{};
  ERR_error_string_n(ERR_get_error(), words.data(), words.size());
  ERR_clear_error();
  return Error{ErrorCode::kInternal, std::move(where), std::string(what) + ": " + words.data()};
}

}  // namespace

VerifyKey::VerifyKey(std::shared_ptr<EVP_PKEY> key, std::string spki_der)
    : key_(std::move(key)), spki_der_(std::move(spki_der)), key_id_(Sha256(spki_der_)) {}

Result<VerifyKey> VerifyKey::FromSpkiDer(std::string_view der) {
  const std::string_view prefix(reinterpret_cast<const char*>(kSpkiPrefix.data()), kSpkiPrefix.size());
  if (der.size() != kSpkiSize || !der.starts_with(prefix))
    return Error{ErrorCode::kInvalid, "public key",
                 "want a SubjectPublicKeyInfo of an uncompressed P-256 key (91 bytes of DER)"};
  const unsigned char* cursor = Bytes(der);
  EvpKey key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
  const KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_public_check(context.get()) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalid, "public key", "the point is not on the curve P-256"};
  }
  return VerifyKey(std::shared_ptr<EVP_PKEY>(std::move(key)), std::string(der));
}

bool VerifyKey::Verify(std::string_view message, std::string_view signature_der) const {
  if (signature_der.empty() || signature_der.size() > kMaxSignature) return false;
  const DigestContext context(EVP_MD_CTX_new());
  const bool good =
      context &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature_der), signature_der.size(), Bytes(message), message.size()) == 1;
  // A refused signature leaves words in this thread's queue, where the next reader would take them for its own.
  ERR_clear_error();
  return good;
}

SigningKey::SigningKey(EvpKey key, VerifyKey public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {}

Result<SigningKey> SigningKey::FromNative(EvpKey key, const std::string& where) {
  const KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  unsigned char* der = nullptr;
  // The pairwise check catches a file whose public half is not its private half's.
  const int size = context && EVP_PKEY_check(context.get()) == 1 ? i2d_PUBKEY(key.get(), &der) : -1;
  if (size <= 0) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalid, where, "want an unencrypted P-256 private key (PEM, PKCS #8)"};
  }
  const std::string spki(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  Result<VerifyKey> public_key = VerifyKey::FromSpkiDer(spki);
  if (!public_key.ok()) return Error{ErrorCode::kInvalid, where, public_key.error().detail};
  return SigningKey(std::move(key), std::move(public_key).value());
}

Result<SigningKey> SigningKey::Generate() {
  EvpKey key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError("key", "cannot make a P-256 key");
  return FromNative(std::move(key), "key");
}

Result<std::string> SigningKey::Sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kMaxSignature, '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                     message.size()) != 1)
    return OpenSslError("key", "cannot sign");
  signature.resize(size);
  return signature;
}

}  // namespace sekimori::signing
