// Who is believed, on either side, and what the others are told.
#include <gtest/gtest.h>

#include "proto/tls/openssl_types.h"
#include "server/authority/issue.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

std::chrono::sys_seconds Now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// A terminal certificate as the CA's holder could make it, with any validity and purpose.
tls::Certificate Forge(const authority::CertificateTerms& terms, const signing::SigningKey& key,
                       const tls::Certificate& ca, const signing::SigningKey& ca_key) {
  return authority::Issue(terms, key.public_key(), &ca, ca_key).value();
}

class Trust : public ::testing::Test {
 protected:
  void EnrolTerminal() {
    ASSERT_TRUE(terminal_.Enrol(site_.MakeToken().text).ok());
    ASSERT_TRUE(Eventually([&] { return terminal_.Connected(); })) << terminal_.state().detail;
  }
  // A CA of its own whose certificates look just like the site's.
  struct OtherCa {
    signing::SigningKey key = signing::SigningKey::Generate().value();
    tls::Certificate certificate;
    explicit OtherCa(const std::string& site_id) : certificate(Make(site_id)) {}
    tls::Certificate Make(const std::string& site_id) const {
      authority::CertificateTerms terms;
      terms.purpose = authority::Purpose::kAuthority;
      terms.organization = site_id;
      terms.common_name = "Sekimori CA";
      terms.not_before = Now() - std::chrono::hours(1);
      terms.not_after = Now() + std::chrono::hours(1);
      return authority::Issue(terms, key.public_key(), nullptr, key).value();
    }
  };
  authority::CertificateTerms TerminalTerms() {
    authority::CertificateTerms terms;
    terms.organization = site_.authority().site_id();
    terms.common_name = terminal_.id();
    terms.not_before = Now() - std::chrono::hours(2);
    terms.not_after = Now() + std::chrono::hours(2);
    return terms;
  }
  signing::SigningKey CaKey() {
    return signing::SigningKey::Load(site_.directory() / "authority" / authority::kCaKey).value();
  }
  // The connection is refused by TLS or by the collector's word; never welcomed.
  std::string Outcome(std::unique_ptr<tls::ClientContext> context) {
    RawLink link(site_.port(), std::move(context));
    if (!link.opened().ok()) return ToString(link.opened().error());
    const auto answer = link.Greet(terminal_.log());
    if (!answer) return "cut";
    return answer->has_refused() ? answer->refused().error_code() : "welcomed";
  }

  Site site_;
  Terminal terminal_;
};

TEST_F(Trust, ATerminalOfAnotherCaIsNotWelcomed) {
  EnrolTerminal();
  terminal_.Stop();
  const OtherCa other(site_.authority().site_id());
  const tls::Certificate forged = Forge(TerminalTerms(), terminal_.key(), other.certificate, other.key);
  EXPECT_EQ("cut", Outcome(tls::ClientContext::ForTerminal(forged, terminal_.key(), site_.authority().ca()).value()));
  EXPECT_EQ("welcomed", Outcome(ContextOf(terminal_)));
}

TEST_F(Trust, ACollectorOfAnotherCaIsNotTalkedTo) {
  EnrolTerminal();
  terminal_.Stop();
  const OtherCa other(site_.authority().site_id());
  RawLink link(site_.port(), tls::ClientContext::ForTerminal(
                                 channel::LoadCredentials(terminal_.directory(), terminal_.key()).value().certificate,
                                 terminal_.key(), other.certificate)
                                 .value());
  ASSERT_FALSE(link.opened().ok());
  EXPECT_EQ(ErrorCode::kUntrusted, link.opened().error().code);
}

TEST_F(Trust, AnImpostorInTheCollectorsPlaceIsRecordedAndGetsNoRecord) {
  EnrolTerminal();
  intake::CollectorTerms terms;
  terms.port = site_.port();
  site_.StopCollector();
  Site impostor(terms);
  terminal_.Append(3);
  ASSERT_TRUE(Eventually([&] { return !terminal_.sink().refused().empty(); })) << terminal_.state().detail;
  EXPECT_EQ("untrusted", terminal_.sink().refused().front().error_code);
  EXPECT_EQ(ports::LinkPhase::kRefused, terminal_.state().phase);
  EXPECT_TRUE(impostor.reader().ListTerminals(std::nullopt).value().empty());
}

TEST_F(Trust, ACollectorUnderAnotherNameIsNotTalkedTo) {
  EnrolTerminal();
  ports::SiteFacts facts = terminal_.site_store().Load().value();
  facts.server_name = "other.test";
  terminal_.Stop();
  ASSERT_TRUE(terminal_.site_store().Save(facts).ok());
  terminal_.Start();
  ASSERT_TRUE(Eventually([&] { return terminal_.state().phase == ports::LinkPhase::kRefused; }));
  EXPECT_EQ("untrusted", terminal_.sink().refused().front().error_code);
}

TEST_F(Trust, AnExpiredTerminalCertificateIsNotWelcomed) {
  EnrolTerminal();
  terminal_.Stop();
  authority::CertificateTerms terms = TerminalTerms();
  terms.not_after = Now() - std::chrono::seconds(5);
  const tls::Certificate expired = Forge(terms, terminal_.key(), site_.authority().ca(), CaKey());
  EXPECT_EQ("cut", Outcome(tls::ClientContext::ForTerminal(expired, terminal_.key(), site_.authority().ca()).value()));
}

TEST_F(Trust, AServerCertificateIsNoTerminalCertificate) {
  EnrolTerminal();
  terminal_.Stop();
  authority::CertificateTerms terms = TerminalTerms();
  terms.purpose = authority::Purpose::kServer;
  terms.hosts = {"127.0.0.1"};
  const tls::Certificate wrong = Forge(terms, terminal_.key(), site_.authority().ca(), CaKey());
  EXPECT_EQ("cut", Outcome(tls::ClientContext::ForTerminal(wrong, terminal_.key(), site_.authority().ca()).value()));
}

TEST_F(Trust, AGoodCertificateThatIsNotRegisteredIsRefused) {
  EnrolTerminal();
  terminal_.Stop();
  const signing::SigningKey other_key = signing::SigningKey::Generate().value();
  const tls::Certificate same_name = Forge(TerminalTerms(), other_key, site_.authority().ca(), CaKey());
  EXPECT_EQ("denied", Outcome(tls::ClientContext::ForTerminal(same_name, other_key, site_.authority().ca()).value()));
  authority::CertificateTerms terms = TerminalTerms();
  terms.common_name = "collector";
  const tls::Certificate own_log = Forge(terms, other_key, site_.authority().ca(), CaKey());
  EXPECT_EQ("not_found", Outcome(tls::ClientContext::ForTerminal(own_log, other_key, site_.authority().ca()).value()));
  EXPECT_EQ(1U, site_.Alarms(proto::ALARM_REVOKED).size() - 1);
}

TEST_F(Trust, NothingButTls13IsSpoken) {
  EnrolTerminal();
  terminal_.Stop();
  auto context = ContextOf(terminal_);
  ASSERT_EQ(1, SSL_CTX_set_min_proto_version(context->native(), TLS1_2_VERSION));
  ASSERT_EQ(1, SSL_CTX_set_max_proto_version(context->native(), TLS1_2_VERSION));
  RawLink link(site_.port(), std::move(context));
  ASSERT_FALSE(link.opened().ok());
  EXPECT_NE(std::string::npos, link.opened().error().detail.find("protocol version")) << link.opened().error().detail;
}

TEST_F(Trust, AStrangerMayNotGreetOrSendRecords) {
  EnrolTerminal();
  const signing::Sha256Hash pin = site_.authority().ca().fingerprint();
  RawLink greeting(site_.port(), tls::ClientContext::ForEnrolment(pin).value());
  ASSERT_TRUE(greeting.opened().ok());
  const auto answer = greeting.Greet(terminal_.log());
  ASSERT_TRUE(answer && answer->has_refused());
  EXPECT_EQ("denied", answer->refused().error_code());
  EXPECT_FALSE(greeting.Hear().has_value());

  terminal_.log().Append(1);
  RawLink sending(site_.port(), tls::ClientContext::ForEnrolment(pin).value());
  sending.Say(BatchOf(terminal_.log(), 1, 1, terminal_.key()));
  EXPECT_EQ("invalid", sending.Hear()->refused().error_code());
}

TEST_F(Trust, ATerminalRevokedByAnotherProcessIsCutWithinASecondAndARevokedOneIsRefused) {
  EnrolTerminal();
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(site_.Revoke(terminal_.id()).ok());
  ASSERT_TRUE(Eventually([&] { return terminal_.state().phase == ports::LinkPhase::kRefused; }));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1500));
  ASSERT_FALSE(terminal_.sink().refused().empty());
  EXPECT_EQ("denied", terminal_.sink().refused().front().error_code);
  EXPECT_EQ(1U, terminal_.sink().refused().size());
  terminal_.Stop();
  EXPECT_EQ("denied", Outcome(ContextOf(terminal_)));
  EXPECT_EQ(1U, site_.Alarms(proto::ALARM_REVOKED).size());
}

TEST_F(Trust, ARevokedTerminalIsRefusedAlthoughItsTlsSessionIsResumed) {
  EnrolTerminal();
  terminal_.Stop();
  RawLink first(site_, terminal_);
  ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
  first.Close();
  ASSERT_TRUE(site_.Revoke(terminal_.id()).ok());
  EXPECT_EQ("denied", first.Again(terminal_.log()));
}

}  // namespace
}  // namespace sekimori::testing
