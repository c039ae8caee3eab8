#include "proto/tls/certificate.h"

#include <ctime>
#include <optional>
#include <utility>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sekimori::tls {
namespace {

constexpr const char* kWhere = "certificate";

std::optional<std::chrono::sys_seconds> ToSeconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(parts.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                         std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

std::string NameEntry(X509* x509, int nid) {
  X509_NAME* name = X509_get_subject_name(x509);
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0) return {};
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) {
    (void)DrainErrors();
    return {};
  }
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : std::string();
}

}  // namespace

Certificate::Certificate(X509Ptr x509, std::string der, std::chrono::sys_seconds not_before,
                         std::chrono::sys_seconds not_after)
    : x509_(x509.release(), X509_free),
      der_(std::move(der)),
      fingerprint_(signing::Sha256(der_)),
      not_before_(not_before),
      not_after_(not_after) {}

Result<Certificate> Certificate::FromDer(std::string_view der) {
  if (der.size() > kMaxCertificate) return Error{ErrorCode::kTooLarge, kWhere, "larger than 8192 bytes"};
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x509) return OpensslError(ErrorCode::kInvalid, kWhere, "not DER");
  if (at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return Error{ErrorCode::kInvalid, kWhere, "bytes after the end of the certificate"};
  }
  return FromNative(std::move(x509));
}

Result<Certificate> Certificate::FromPem(std::string_view pem) {
  if (pem.size() > 4 * kMaxCertificate) return Error{ErrorCode::kTooLarge, kWhere, "PEM text larger than 32768 bytes"};
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!x509) return OpensslError(ErrorCode::kInvalid, kWhere, "not PEM");
  return FromNative(std::move(x509));
}

Result<Certificate> Certificate::FromNative(X509Ptr x509) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(x509.get(), &bytes);
  if (length <= 0) return OpensslError(ErrorCode::kInvalid, kWhere, "cannot be encoded");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  if (der.size() > kMaxCertificate) return Error{ErrorCode::kTooLarge, kWhere, "larger than 8192 bytes"};
  const auto not_before = ToSeconds(X509_get0_notBefore(x509.get()));
  const auto not_after = ToSeconds(X509_get0_notAfter(x509.get()));
  if (!not_before || !not_after) return Error{ErrorCode::kInvalid, kWhere, "its validity is no time"};
  return Certificate(std::move(x509), std::move(der), *not_before, *not_after);
}

std::string Certificate::Pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), x509_.get()) != 1) return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

std::string Certificate::CommonName() const {
  return NameEntry(x509_.get(), NID_commonName);
}

std::string Certificate::Organization() const {
  return NameEntry(x509_.get(), NID_organizationName);
}

std::string Certificate::SerialHex() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509_.get());
  std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                         static_cast<std::size_t>(ASN1_STRING_length(serial)));
  return signing::Hex(bytes);
}

Result<signing::VerifyKey> Certificate::PublicKey() const {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509_.get()), &bytes);
  if (length <= 0) return OpensslError(ErrorCode::kInvalid, kWhere, "its key cannot be encoded");
  const std::string spki(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return signing::VerifyKey::FromSpkiDer(spki);
}

bool Certificate::IssuedBy(const Certificate& issuer) const {
  const bool named = X509_check_issued(issuer.native(), x509_.get()) == X509_V_OK;
  const bool signed_by = named && X509_verify(x509_.get(), X509_get0_pubkey(issuer.native())) == 1;
  if (!signed_by) (void)DrainErrors();
  return signed_by;
}

}  // namespace sekimori::tls
