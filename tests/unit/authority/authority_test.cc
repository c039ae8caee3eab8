#include "server/authority/authority.h"

#include <fstream>

#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/signing/signed_document.h"
#include "proto/tls/signing_request.h"
#include "proto/token/enrolment_token.h"
#include "server/authority/issue.h"
#include "server/authority/tokens.h"

namespace sekimori::authority {
namespace {

const Now kNow{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};

class AuthorityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sekimori-authority-XXXXXX").string();
    ASSERT_NE(nullptr, mkdtemp(name.data()));
    root_ = name;
    directory_ = root_ / "authority";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  static SiteTerms Terms() {
    SiteTerms terms;
    terms.site_id = "7f1c9a5e-4c0e-4f52-9a53-111111111111";
    terms.site_name = "Mori-machi";
    terms.hosts = {"collector.test", "192.0.2.7", "2001:db8::7"};
    return terms;
  }
  std::filesystem::path root_, directory_;
};

TEST_F(AuthorityTest, IsMadeForItsOwnerOnlyAndOpensAgain) {
  ASSERT_TRUE(Authority::Create(directory_, Terms(), kNow).ok());
  for (const auto name : {kCaKey, kCaCertificate, kServerKey, kServerCertificate, kPolicyKey, kLogKey}) {
    struct stat file {};
    ASSERT_EQ(0, stat((directory_ / name).c_str(), &file)) << name;
    EXPECT_EQ(0600U, file.st_mode & 0777U) << name;
  }
  const Result<Authority> opened = Authority::Open(directory_);
  ASSERT_TRUE(opened.ok()) << ToString(opened.error());
  EXPECT_EQ(Terms().site_id, opened.value().site_id());
  EXPECT_NE(opened.value().policy_key().public_key().key_id(), opened.value().log_key().public_key().key_id());
}

TEST_F(AuthorityTest, RefusesToReplaceWhatIsThere) {
  ASSERT_TRUE(Authority::Create(directory_, Terms(), kNow).ok());
  const auto before = Authority::Open(directory_).value().ca().fingerprint();
  EXPECT_EQ(ErrorCode::kExists, Authority::Create(directory_, Terms(), kNow).error().code);
  EXPECT_EQ(before, Authority::Open(directory_).value().ca().fingerprint());
}

TEST_F(AuthorityTest, RefusesTermsOutOfBoundsAndLeavesNoTrace) {
  struct Case {
    const char* name;
    void (*spoil)(SiteTerms&);
  };
  const Case cases[] = {
      {"no hosts", [](SiteTerms& terms) { terms.hosts.clear(); }},
      {"host that is a configuration of its own", [](SiteTerms& terms) { terms.hosts = {"a,DNS:evil"}; }},
      {"host with a wildcard", [](SiteTerms& terms) { terms.hosts = {"*"}; }},
      {"long name", [](SiteTerms& terms) { terms.site_name = std::string(41, 'x'); }},
      {"no life", [](SiteTerms& terms) { terms.server_life = std::chrono::days(0); }},
      {"no site", [](SiteTerms& terms) { terms.site_id.clear(); }},
  };
  for (const Case& one : cases) {
    SiteTerms terms = Terms();
    one.spoil(terms);
    EXPECT_EQ(ErrorCode::kInvalid, Authority::Create(directory_, terms, kNow).error().code) << one.name;
    EXPECT_FALSE(std::filesystem::exists(directory_)) << one.name;
  }
}

// Japanese names take three bytes a character.
TEST_F(AuthorityTest, CountsTheSitesNameInCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i)
    name += "市";
  SiteTerms terms = Terms();
  terms.site_name = name;
  const Result<Authority> made = Authority::Create(directory_, terms, kNow);
  ASSERT_TRUE(made.ok()) << ToString(made.error());
  EXPECT_EQ("Sekimori CA " + name, Authority::Open(directory_).value().ca().CommonName());
  terms.site_name = name + "市";
  EXPECT_EQ(ErrorCode::kInvalid, Authority::Create(root_ / "longer", terms, kNow).error().code);
  terms.site_name = std::string(100, '\x80');
  EXPECT_FALSE(Authority::Create(root_ / "no characters", terms, kNow).ok());
}

TEST_F(AuthorityTest, DoesNotOpenWhatOthersCanRead) {
  ASSERT_TRUE(Authority::Create(directory_, Terms(), kNow).ok());
  std::filesystem::permissions(directory_ / kCaKey, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(ErrorCode::kDenied, Authority::Open(directory_).error().code);
}

TEST_F(AuthorityTest, DoesNotOpenKeysOfAnotherCertificate) {
  ASSERT_TRUE(Authority::Create(directory_, Terms(), kNow).ok());
  ASSERT_TRUE(Authority::Create(root_ / "other", Terms(), kNow).ok());
  std::filesystem::copy_file(root_ / "other" / kServerKey, directory_ / kServerKey,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ErrorCode::kUntrusted, Authority::Open(directory_).error().code);
}

TEST_F(AuthorityTest, ServerCertificateCarriesItsNamesAndNothingMore) {
  const Authority authority = Authority::Create(directory_, Terms(), kNow).value();
  X509* server = authority.server().native();
  EXPECT_EQ(1, X509_check_host(server, "collector.test", 0, 0, nullptr));
  EXPECT_EQ(1, X509_check_ip_asc(server, "192.0.2.7", 0));
  EXPECT_EQ(1, X509_check_ip_asc(server, "2001:db8::7", 0));
  EXPECT_NE(1, X509_check_host(server, "other.test", 0, 0, nullptr));
  EXPECT_EQ(static_cast<unsigned>(XKU_SSL_SERVER), X509_get_extended_key_usage(server));
  EXPECT_EQ(kNow + std::chrono::days(825), authority.server().not_after());
}

TEST_F(AuthorityTest, TerminalCertificateIsForClientsAndForTheGivenName) {
  const Authority authority = Authority::Create(directory_, Terms(), kNow).value();
  const signing::SigningKey key = signing::SigningKey::Generate().value();
  const std::string request = tls::MakeSigningRequest(key).value();
  const tls::Certificate certificate = authority.IssueTerminal("t-1", request, kNow).value();
  EXPECT_EQ("t-1", certificate.CommonName());
  EXPECT_EQ(Terms().site_id, certificate.Organization());
  EXPECT_EQ(key.public_key().key_id(), certificate.PublicKey().value().key_id());
  EXPECT_EQ(static_cast<unsigned>(XKU_SSL_CLIENT), X509_get_extended_key_usage(certificate.native()));
  EXPECT_EQ(0, X509_check_ca(certificate.native()));
  EXPECT_TRUE(certificate.IssuedBy(authority.ca()));
  EXPECT_NE(certificate.SerialHex(), authority.IssueTerminal("t-1", request, kNow).value().SerialHex());
}

TEST_F(AuthorityTest, NoCertificateOutlivesTheCa) {
  SiteTerms terms = Terms();
  terms.ca_life = std::chrono::days(30);
  const Authority authority = Authority::Create(directory_, terms, kNow).value();
  const std::string request = tls::MakeSigningRequest(signing::SigningKey::Generate().value()).value();
  EXPECT_EQ(authority.ca().not_after(), authority.IssueTerminal("t-1", request, kNow).value().not_after());
  EXPECT_EQ(authority.ca().not_after(), authority.server().not_after());
}

TEST_F(AuthorityTest, ServerCertificateIsRenewedForTheSameKey) {
  Authority authority = Authority::Create(directory_, Terms(), kNow).value();
  const auto later = kNow + std::chrono::days(700);
  ASSERT_TRUE(authority.RenewServer({"new.test"}, later).ok());
  const Authority opened = Authority::Open(directory_).value();
  EXPECT_EQ(1, X509_check_host(opened.server().native(), "new.test", 0, 0, nullptr));
  EXPECT_EQ(later + std::chrono::days(825), opened.server().not_after());
}

TEST_F(AuthorityTest, PolicyIsSignedByThePolicyKey) {
  const Authority authority = Authority::Create(directory_, Terms(), kNow).value();
  proto::PolicyDocument document;
  document.set_version(3);
  const proto::SignedDocument signed_document = authority.SignPolicy(document).value();
  EXPECT_TRUE(
      signing::VerifyDocument(authority.policy_key().public_key(), proto::DOCUMENT_POLICY, signed_document).ok());
  EXPECT_FALSE(signing::VerifyDocument(authority.log_key().public_key(), proto::DOCUMENT_POLICY, signed_document).ok());
}

TEST_F(AuthorityTest, TokenPinsTheCaAndKeepsOnlyAHash) {
  const Authority authority = Authority::Create(directory_, Terms(), kNow).value();
  TokenTerms terms;
  terms.host = "collector.test";
  terms.port = 7443;
  terms.expires = kNow + std::chrono::hours(1);
  const MadeToken made = MakeToken(terms, authority.ca()).value();
  const token::EnrolmentToken token = token::Parse(made.text).value();
  EXPECT_EQ(authority.ca().fingerprint(), token.ca_sha256);
  EXPECT_EQ(made.secret_sha256, token.secret.Digest());
  EXPECT_EQ("collector.test", token.server_name);
  EXPECT_EQ(made.id, token.id);
  EXPECT_NE(made.id, MakeToken(terms, authority.ca()).value().id);
}

TEST(Uuid, HasVersionAndVariant) {
  const std::string uuid = MakeUuid().value();
  EXPECT_TRUE(IsUuid(uuid)) << uuid;
  EXPECT_EQ('4', uuid[14]);
  EXPECT_NE(std::string::npos, std::string("89ab").find(uuid[19]));
  EXPECT_FALSE(IsUuid("collector"));
  EXPECT_FALSE(IsUuid(uuid + "0"));
}

}  // namespace
}  // namespace sekimori::authority
