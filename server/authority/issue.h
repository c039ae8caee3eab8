// Makes and signs X.509 v3 certificates (RFC 5280, and the CA/Browser profile where it does no harm).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.h"
#include "proto/signing/key.h"
#include "proto/tls/certificate.h"

namespace sekimori::authority {

enum class Purpose { kAuthority, kServer, kTerminal };

struct CertificateTerms {
  Purpose purpose = Purpose::kTerminal;
  std::string organization;        // site id
  std::string common_name;         // 1–64 characters
  std::vector<std::string> hosts;  // subject alternative names; servers only
  std::chrono::sys_seconds not_before, not_after;
};

// `issuer` null: self-signed by `issuer_key`, which is then the subject's key too.
[[nodiscard]] Result<tls::Certificate> Issue(const CertificateTerms& terms, const signing::VerifyKey& subject_key,
                                             const tls::Certificate* issuer, const signing::SigningKey& issuer_key);

// Characters of UTF-8, which is what X.509 bounds its names by.
[[nodiscard]] std::size_t Characters(std::string_view text);

// A DNS name or an IP address as it may stand in a certificate: letters, digits, '-', '.' and ':' only.
[[nodiscard]] bool IsHost(const std::string& text);

}  // namespace sekimori::authority
