#include "server/authority/issue.h"

#include <algorithm>
#include <ctime>

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include "proto/tls/openssl_types.h"

namespace sekimori::authority {
namespace {

constexpr const char* kWhere = "certificate to issue";
constexpr std::size_t kMaxCommonName = 64;  // ub-common-name, RFC 5280 appendix A
constexpr int kSerialBits = 127;            // positive and under 20 bytes

using BigNumber = std::unique_ptr<BIGNUM, tls::OpensslDeleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, tls::OpensslDeleter<X509_EXTENSION_free>>;

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool IsAddress(const std::string& host) {
  return host.find(':') != std::string::npos ||
         std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string AlternativeNames(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    if (!names.empty()) names += ',';
    names += (IsAddress(host) ? "IP:" : "DNS:") + host;
  }
  return names;
}

bool AddExtensions(X509* certificate, X509* issuer, const CertificateTerms& terms) {
  const bool authority = terms.purpose == Purpose::kAuthority;
  bool good = AddExtension(certificate, issuer, NID_basic_constraints,
                           authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
              AddExtension(certificate, issuer, NID_key_usage,
                           authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
              AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
              AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (terms.purpose == Purpose::kServer) {
    good = good && AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
           AddExtension(certificate, issuer, NID_subject_alt_name, AlternativeNames(terms.hosts));
  } else if (terms.purpose == Purpose::kTerminal) {
    good = good && AddExtension(certificate, issuer, NID_ext_key_usage, "clientAuth");
  }
  return good;
}

bool SetSerial(X509* certificate) {
  const BigNumber number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509* certificate, X509* issuer, const CertificateTerms& terms) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto add = [name](const char* field, const std::string& text) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()), -1, 0) == 1;
  };
  return add("O", terms.organization) && add("CN", terms.common_name) &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1;
}

bool SetValidity(X509* certificate, const CertificateTerms& terms) {
  const auto seconds = [](std::chrono::sys_seconds time) {
    return static_cast<time_t>(time.time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(terms.not_before)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(terms.not_after)) != nullptr;
}

Status CheckTerms(const CertificateTerms& terms) {
  const auto invalid = [](std::string detail) { return Error{ErrorCode::kInvalid, kWhere, std::move(detail)}; };
  if (terms.common_name.empty() || Characters(terms.common_name) > kMaxCommonName) {
    return invalid("the common name must have 1 to 64 characters");
  }
  if (terms.organization.empty() || terms.organization.size() > kMaxCommonName) {
    return invalid("the organization must have 1 to 64 bytes");
  }
  if (terms.not_after <= terms.not_before) return invalid("it would end before it begins");
  if (terms.purpose == Purpose::kServer && terms.hosts.empty()) return invalid("a server needs a name or address");
  // The list goes through OpenSSL's own little language, so nothing but plain host characters may enter it.
  for (const std::string& host : terms.hosts) {
    if (!IsHost(host)) return invalid("'" + host + "' is no DNS name or address");
  }
  return Status::Ok();
}

}  // namespace

std::size_t Characters(std::string_view text) {
  constexpr unsigned char kTopTwo = 0xc0, kContinues = 0x80;
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & kTopTwo) != kContinues; }));
}

bool IsHost(const std::string& text) {
  return !text.empty() && text.size() <= 253 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == ':';
         });
}

Result<tls::Certificate> Issue(const CertificateTerms& terms, const signing::VerifyKey& subject_key,
                               const tls::Certificate* issuer, const signing::SigningKey& issuer_key) {
  if (Status status = CheckTerms(terms); !status.ok()) return status.error();
  tls::X509Ptr certificate(X509_new());
  const auto* spki = reinterpret_cast<const unsigned char*>(subject_key.spki_der().data());
  const signing::EvpKey key(d2i_PUBKEY(nullptr, &spki, static_cast<long>(subject_key.spki_der().size())));
  X509* raw = certificate.get();
  X509* issued_by = issuer != nullptr ? issuer->native() : raw;
  const bool good = raw != nullptr && key != nullptr && X509_set_version(raw, X509_VERSION_3) == 1 &&
                    X509_set_pubkey(raw, key.get()) == 1 && SetSerial(raw) && SetName(raw, issued_by, terms) &&
                    SetValidity(raw, terms) && AddExtensions(raw, issued_by, terms) &&
                    X509_sign(raw, issuer_key.native(), EVP_sha256()) > 0;
  if (!good) return tls::OpensslError(ErrorCode::kInternal, kWhere, "cannot be made");
  return tls::Certificate::FromNative(std::move(certificate));
}

}  // namespace sekimori::authority
