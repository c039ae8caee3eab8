// X.509 certificates (RFC 5280) as values: parsed once, bounded, immutable.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/signing/key.h"
#include "proto/signing/sha256.h"
#include "proto/tls/openssl_types.h"

namespace sekimori::tls {

inline constexpr std::size_t kMaxCertificate = 8192;  // DER bytes

class Certificate {
 public:
  // Exactly one certificate and nothing after it. kInvalid, kTooLarge.
  [[nodiscard]] static Result<Certificate> FromDer(std::string_view der);
  // The first certificate of a PEM text. kInvalid, kTooLarge.
  [[nodiscard]] static Result<Certificate> FromPem(std::string_view pem);
  // Shares the object. kInvalid when it cannot be encoded.
  [[nodiscard]] static Result<Certificate> FromNative(X509Ptr x509);

  [[nodiscard]] const std::string& der() const { return der_; }
  [[nodiscard]] std::string Pem() const;
  [[nodiscard]] const signing::Sha256Hash& fingerprint() const { return fingerprint_; }  // SHA-256 of the DER bytes
  // Empty when absent, doubled, or with a NUL in it.
  [[nodiscard]] std::string CommonName() const;
  [[nodiscard]] std::string Organization() const;
  [[nodiscard]] std::string SerialHex() const;
  [[nodiscard]] std::chrono::sys_seconds not_before() const { return not_before_; }
  [[nodiscard]] std::chrono::sys_seconds not_after() const { return not_after_; }
  // Only P-256 keys are taken: kInvalid otherwise.
  [[nodiscard]] Result<signing::VerifyKey> PublicKey() const;
  // Signed by `issuer`'s key, and named so. Says nothing about time or purpose.
  [[nodiscard]] bool IssuedBy(const Certificate& issuer) const;
  // For OpenSSL calls that only read.
  [[nodiscard]] X509* native() const { return x509_.get(); }

 private:
  Certificate(X509Ptr x509, std::string der, std::chrono::sys_seconds not_before, std::chrono::sys_seconds not_after);
  std::shared_ptr<X509> x509_;
  std::string der_;
  signing::Sha256Hash fingerprint_{};
  std::chrono::sys_seconds not_before_, not_after_;
};

}  // namespace sekimori::tls
