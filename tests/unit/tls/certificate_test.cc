#include "proto/tls/certificate.h"

#include <gtest/gtest.h>

#include "proto/tls/signing_request.h"
#include "server/authority/issue.h"

namespace sekimori::tls {
namespace {

const std::chrono::sys_seconds kNow{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};

struct Ca {
  signing::SigningKey key = signing::SigningKey::Generate().value();
  Certificate certificate;
  Ca() : certificate(Make(key)) {}
  static Certificate Make(const signing::SigningKey& key) {
    authority::CertificateTerms terms;
    terms.purpose = authority::Purpose::kAuthority;
    terms.organization = "site-1";
    terms.common_name = "CA";
    terms.not_before = kNow;
    terms.not_after = kNow + std::chrono::days(100);
    return authority::Issue(terms, key.public_key(), nullptr, key).value();
  }
  [[nodiscard]] Certificate IssueTerminal(const signing::SigningKey& for_key, const std::string& name) const {
    authority::CertificateTerms terms;
    terms.organization = "site-1";
    terms.common_name = name;
    terms.not_before = kNow;
    terms.not_after = kNow + std::chrono::days(10);
    return authority::Issue(terms, for_key.public_key(), &certificate, key).value();
  }
};

TEST(Certificate, TellsWhatStandsInIt) {
  const Ca ca;
  const signing::SigningKey key = signing::SigningKey::Generate().value();
  const Certificate certificate = ca.IssueTerminal(key, "terminal-7");
  EXPECT_EQ("terminal-7", certificate.CommonName());
  EXPECT_EQ("site-1", certificate.Organization());
  EXPECT_EQ(kNow, certificate.not_before());
  EXPECT_EQ(kNow + std::chrono::days(10), certificate.not_after());
  EXPECT_EQ(32U, certificate.SerialHex().size());
  EXPECT_EQ(key.public_key().key_id(), certificate.PublicKey().value().key_id());
  EXPECT_EQ(signing::Sha256(certificate.der()), certificate.fingerprint());
}

TEST(Certificate, SurvivesDerAndPem) {
  const Ca ca;
  EXPECT_EQ(ca.certificate.fingerprint(), Certificate::FromDer(ca.certificate.der()).value().fingerprint());
  EXPECT_EQ(ca.certificate.fingerprint(), Certificate::FromPem(ca.certificate.Pem()).value().fingerprint());
}

TEST(Certificate, KnowsItsIssuer) {
  const Ca ca, other;
  const signing::SigningKey key = signing::SigningKey::Generate().value();
  const Certificate certificate = ca.IssueTerminal(key, "t");
  EXPECT_TRUE(certificate.IssuedBy(ca.certificate));
  EXPECT_FALSE(certificate.IssuedBy(other.certificate));
  EXPECT_FALSE(ca.certificate.IssuedBy(certificate));
}

TEST(Certificate, IsNotReadFromAnythingElse) {
  const Ca ca;
  const std::string& der = ca.certificate.der();
  EXPECT_EQ(ErrorCode::kInvalid, Certificate::FromDer("").error().code);
  EXPECT_EQ(ErrorCode::kInvalid, Certificate::FromDer(der + "x").error().code);
  EXPECT_EQ(ErrorCode::kInvalid, Certificate::FromDer(der.substr(0, der.size() - 1)).error().code);
  EXPECT_EQ(ErrorCode::kTooLarge, Certificate::FromDer(std::string(kMaxCertificate + 1, '0')).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, Certificate::FromPem("-----BEGIN CERTIFICATE-----\n").error().code);
}

TEST(SigningRequest, GivesTheKeyThatSignedIt) {
  const signing::SigningKey key = signing::SigningKey::Generate().value();
  EXPECT_EQ(key.public_key().key_id(), CheckSigningRequest(MakeSigningRequest(key).value()).value().key_id());
}

TEST(SigningRequest, IsRefusedWhenAlteredAnywhere) {
  const std::string good = MakeSigningRequest(signing::SigningKey::Generate().value()).value();
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string altered = good;
    altered[at] = static_cast<char>(altered[at] ^ 0x01);
    const auto checked = CheckSigningRequest(altered);
    if (checked.ok()) {
      // Unused bits of a BIT STRING or the version do not touch what is signed; the key must be the same then.
      EXPECT_EQ(CheckSigningRequest(good).value().key_id(), checked.value().key_id()) << at;
    }
  }
  EXPECT_EQ(ErrorCode::kTooLarge, CheckSigningRequest(std::string(kMaxSigningRequest + 1, '0')).error().code);
}

}  // namespace
}  // namespace sekimori::tls
