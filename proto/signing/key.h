// ECDSA P-256 keys (FIPS 186-4) by OpenSSL: the terminal's key, the collector's policy key. Private keys never leave
// their type except into a file only its owner can read.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::signing {

struct EvpKeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, EvpKeyDeleter>;

class VerifyKey {
 public:
  // DER SubjectPublicKeyInfo of a P-256 key with an uncompressed point, 91 bytes; anything else is kInvalid.
  [[nodiscard]] static Result<VerifyKey> FromSpkiDer(std::string_view der);

  // Any thread. False for every signature that is not this key's over `message`, malformed DER included.
  [[nodiscard]] bool Verify(std::string_view message, std::string_view signature_der) const;
  [[nodiscard]] const std::string& spki_der() const { return spki_der_; }
  // SHA-256 of the SubjectPublicKeyInfo.
  [[nodiscard]] const Sha256Hash& key_id() const { return key_id_; }

 private:
  VerifyKey(std::shared_ptr<EVP_PKEY> key, std::string spki_der);
  std::shared_ptr<EVP_PKEY> key_;
  std::string spki_der_;
  Sha256Hash key_id_{};
};

class SigningKey {
 public:
  [[nodiscard]] static Result<SigningKey> Generate();
  // PEM PKCS #8, unencrypted. kNotFound; kDenied: neither this user's nor root's, or open to others than its owner;
  // kInvalid: not a regular file, not a P-256 key, or its halves do not match; kTooLarge; kIo.
  [[nodiscard]] static Result<SigningKey> Load(const std::filesystem::path& path);
  // Mode 0600, written whole or not at all, synced. kExists if the file is there already.
  [[nodiscard]] Status SaveNew(const std::filesystem::path& path) const;

  // DER ECDSA signature with SHA-256, at most 72 bytes. Another one at every call. Any thread.
  [[nodiscard]] Result<std::string> Sign(std::string_view message) const;
  [[nodiscard]] const VerifyKey& public_key() const { return public_key_; }
  [[nodiscard]] EVP_PKEY* native() const { return key_.get(); }

 private:
  SigningKey(EvpKey key, VerifyKey public_key);
  [[nodiscard]] static Result<SigningKey> FromNative(EvpKey key, const std::string& where);
  EvpKey key_;
  VerifyKey public_key_;
};

}  // namespace sekimori::signing
