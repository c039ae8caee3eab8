// Enrolment over real TLS: one token, one certificate, nothing kept when anything is wrong.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "proto/files/durable_file.h"
#include "proto/signing/signed_document.h"
#include "proto/tls/signing_request.h"
#include "proto/token/enrolment_token.h"
#include "server/store/sqlite_writer.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

bool NothingKept(const Terminal& terminal) {
  return terminal.id().empty() && !std::filesystem::exists(terminal.directory() / channel::kCertificateFile) &&
         !std::filesystem::exists(terminal.directory() / channel::kCaFile);
}

TEST(Enrolment, GivesCertificateSiteAndGroupAndKeepsThemForTheOwnerOnly) {
  Site site;
  Terminal terminal;
  const Status enrolled = terminal.Enrol("  " + site.MakeToken(1, "counter").text + "\n");
  ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
  const ports::SiteFacts facts = terminal.site_store().Load().value();
  EXPECT_EQ(site.authority().site_id(), facts.site_id);
  EXPECT_EQ("counter", facts.group);
  EXPECT_EQ(site.port(), facts.collector_port);
  EXPECT_EQ(site.authority().policy_key().public_key().spki_der(), facts.policy_key_der);
  for (const auto name : {channel::kCertificateFile, channel::kCaFile}) {
    struct stat file {};
    ASSERT_EQ(0, stat((terminal.directory() / name).c_str(), &file));
    EXPECT_EQ(0600U, file.st_mode & 0777U);
  }
  const store::Terminal stored = site.reader().FindTerminal(facts.terminal_id).value();
  EXPECT_EQ("pc-1", stored.hostname);
  EXPECT_EQ("counter", stored.group);
  EXPECT_EQ(terminal.key().public_key().spki_der(), stored.key_spki);
  ASSERT_EQ(1U, terminal.sink().enrolled().size());
  EXPECT_EQ(facts.terminal_id, terminal.sink().enrolled().front().terminal_id);
  EXPECT_FALSE(std::filesystem::exists(terminal.directory() / channel::kKeyFile));
}

TEST(Enrolment, ATokenServesItsUsesAndNotOneMore) {
  Site site;
  const std::string token = site.MakeToken(2).text;
  Terminal first(1), second(2), third(3);
  EXPECT_TRUE(first.Enrol(token).ok());
  EXPECT_TRUE(second.Enrol(token).ok());
  EXPECT_EQ(ErrorCode::kDenied, third.Enrol(token).error().code);
  EXPECT_TRUE(NothingKept(third));
  EXPECT_EQ(2U, site.reader().ListTerminals(std::nullopt).value().size());
  EXPECT_EQ(1U, site.Alarms(proto::ALARM_TOKEN).size());
}

TEST(Enrolment, ASpentTokenStillServesTheTerminalThatSpentIt) {
  Site site;
  const std::string token = site.MakeToken(1).text;
  Terminal terminal;
  ASSERT_TRUE(terminal.Enrol(token).ok());
  const std::string id = terminal.id();
  // As if the answer had been lost, or the power had failed before it was kept.
  terminal.Stop();
  terminal.site_store().Forget();
  terminal.Start();
  ASSERT_TRUE(terminal.Enrol(token).ok());
  EXPECT_EQ(id, terminal.id());
  EXPECT_EQ(1U, site.reader().ListTerminals(std::nullopt).value().size());
  EXPECT_TRUE(Eventually([&] { return terminal.Connected(); }));
}

TEST(Enrolment, ATerminalEnrolsAgainAFewTimesADayAndNoMore) {
  Site site;
  const std::string token = site.MakeToken(1).text;
  Terminal terminal;
  const auto enrol_anew = [&] {
    terminal.Stop();
    terminal.site_store().Forget();
    terminal.Start();
    return terminal.Enrol(token);
  };
  for (std::int64_t given = 0; given < store::kMaxCertificatesADay; ++given)
    EXPECT_TRUE(enrol_anew().ok()) << given;
  EXPECT_EQ(ErrorCode::kDenied, enrol_anew().error().code);
  EXPECT_EQ(1U, site.Alarms(proto::ALARM_TOKEN).size());
}

TEST(Enrolment, AFullDiskIsNoFaultOfTheToken) {
  Site site;
  const token::EnrolmentToken token = token::Parse(site.MakeToken(1000).text).value();
  const auto open = [&] {
    return store::Connection::Open(site.directory() / store::kDatabaseFile, store::Connection::Access::kWrite).value();
  };
  auto full = open();
  ASSERT_TRUE(full->Execute("PRAGMA max_page_count=1").ok());  // not a page more than there are
  intake::Ledger ledger(std::make_unique<store::SqliteWriter>(std::move(full), open()),
                        site.database().NewReader().value(), site.authority(), site.journal(), NowUs);
  std::string answer = "enrolled";
  for (int i = 0; i < 500 && answer == "enrolled"; ++i) {
    auto request = std::make_unique<proto::EnrolRequest>();
    request->set_token_id(token.id);
    request->set_secret(std::string(token.secret.bytes()));
    request->set_csr_der(tls::MakeSigningRequest(signing::SigningKey::Generate().value()).value());
    request->set_log_id(std::string(16, 'l'));
    std::vector<intake::Job> jobs;
    jobs.emplace_back(intake::EnrolJob{1, "192.0.2.1:5", std::move(request)});
    const std::vector<intake::Outcome> outcomes = ledger.Process(std::move(jobs));
    const proto::FromCollector& reply = *std::get<intake::Answer>(outcomes.at(0)).reply;
    if (reply.has_refused()) answer = reply.refused().error_code();
  }
  EXPECT_EQ("unavailable", answer);
  EXPECT_FALSE(site.journal().Has("ALARM_TOKEN")) << site.journal().All();
}

TEST(Enrolment, AnExpiredTokenIsRefusedAsExpired) {
  Site site;
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kExpired,
            terminal.Enrol(site.MakeToken(1, "office", std::chrono::seconds(-1)).text).error().code);
  EXPECT_TRUE(NothingKept(terminal));
}

TEST(Enrolment, ARevokedTokenIsRefused) {
  Site site;
  const authority::MadeToken token = site.MakeToken(5);
  ASSERT_TRUE(site.RevokeToken(token.id).ok());
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kDenied, terminal.Enrol(token.text).error().code);
  EXPECT_TRUE(NothingKept(terminal));
}

TEST(Enrolment, ATokenWithAnotherSecretIsRefusedAndSpendsNothing) {
  Site site;
  token::EnrolmentToken token = token::Parse(site.MakeToken(1).text).value();
  token.secret = token::Secret::Random().value();
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kDenied, terminal.Enrol(token::Print(token).value()).error().code);
  EXPECT_EQ(1U, site.reader().ListTokens().value().front().uses_left);
  ASSERT_EQ(1U, site.Alarms(proto::ALARM_TOKEN).size());
  EXPECT_EQ(std::string::npos, site.journal().All().find("SKM1"));
}

TEST(Enrolment, GarbageIsNoToken) {
  Site site;
  Terminal terminal;
  for (const char* text : {"", "SKM1.", "hello", "SKM1.AAAA", "SKM2.CgkxMjcuMC4wLjE"}) {
    EXPECT_EQ(ErrorCode::kInvalid, terminal.Enrol(text).error().code) << text;
  }
  EXPECT_TRUE(NothingKept(terminal));
}

TEST(Enrolment, ACollectorOfAnotherCaIsUntrustedAndHearsNoSecret) {
  Site site, impostor;
  token::EnrolmentToken token = token::Parse(site.MakeToken().text).value();
  token.port = impostor.port();
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kUntrusted, terminal.Enrol(token::Print(token).value()).error().code);
  EXPECT_TRUE(NothingKept(terminal));
  // A token that never arrived there cannot have been refused there.
  EXPECT_TRUE(impostor.Alarms(proto::ALARM_TOKEN).empty());
}

TEST(Enrolment, ACollectorUnderAnotherNameIsUntrusted) {
  Site site;
  token::EnrolmentToken token = token::Parse(site.MakeToken().text).value();
  token.server_name = "somebody-else.test";
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kUntrusted, terminal.Enrol(token::Print(token).value()).error().code);
  EXPECT_TRUE(NothingKept(terminal));
}

TEST(Enrolment, AByNameTokenIsLookedUpAndChecked) {
  authority::SiteTerms terms;
  terms.hosts = {"localhost"};
  Site site(Site::AnyPort(), terms);
  token::EnrolmentToken token = token::Parse(site.MakeToken().text).value();
  token.host = token.server_name = "localhost";
  Terminal terminal;
  const Status enrolled = terminal.Enrol(token::Print(token).value());
  EXPECT_TRUE(enrolled.ok()) << ToString(enrolled.error());
  EXPECT_TRUE(Eventually([&] { return terminal.Connected(); })) << terminal.state().detail;
}

TEST(Enrolment, NobodyThereIsUnavailable) {
  Site site;
  const std::string token = site.MakeToken().text;
  site.StopCollector();
  Terminal terminal;
  EXPECT_EQ(ErrorCode::kUnavailable, terminal.Enrol(token).error().code);
  EXPECT_TRUE(NothingKept(terminal));
}

TEST(Enrolment, ATerminalThatIsEnrolledStaysSo) {
  Site site;
  Terminal terminal;
  ASSERT_TRUE(terminal.Enrol(site.MakeToken().text).ok());
  ASSERT_TRUE(Eventually([&] { return terminal.Connected(); }));
  const std::string id = terminal.id();
  const authority::MadeToken unused = site.MakeToken();
  EXPECT_EQ(ErrorCode::kExists, terminal.Enrol(unused.text).error().code);
  EXPECT_EQ(id, terminal.id());
  EXPECT_TRUE(terminal.Connected());
}

// Asks by hand with this key and log: "enrolled", or the word of the refusal.
std::string Ask(const Site& site, const std::string& token_text, const signing::SigningKey& key,
                const chain::LogId& log_id) {
  const token::EnrolmentToken token = token::Parse(token_text).value();
  proto::FromTerminal message;
  message.mutable_enrol()->set_token_id(token.id);
  message.mutable_enrol()->set_secret(std::string(token.secret.bytes()));
  message.mutable_enrol()->set_csr_der(tls::MakeSigningRequest(key).value());
  message.mutable_enrol()->set_log_id(std::string(log_id.begin(), log_id.end()));
  RawLink link(site.port(), tls::ClientContext::ForEnrolment(site.authority().ca().fingerprint()).value());
  link.Say(message);
  const auto answer = link.Hear();
  if (!answer) return "cut";
  return answer->has_refused() ? answer->refused().error_code() : "enrolled";
}

// A stolen or cloned terminal has its old key, and perhaps a token that still has uses.
TEST(Enrolment, ARevokedTerminalsKeyDoesNotEnrolAgainAndTryingIsAnAlarm) {
  Site site;
  const std::string token = site.MakeToken(5).text;
  Terminal terminal;
  ASSERT_TRUE(terminal.Enrol(token).ok());
  const std::string id = terminal.id();
  terminal.Stop();
  ASSERT_TRUE(site.Revoke(id).ok());
  EXPECT_EQ("denied", Ask(site, token, terminal.key(), terminal.log().log_id()));
  EXPECT_EQ(1U, site.reader().ListTerminals(std::nullopt).value().size());
  EXPECT_EQ(4U, site.reader().ListTokens().value().front().uses_left);
  const std::vector<proto::CollectorAlarm> alarms = site.Alarms(proto::ALARM_REVOKED);
  ASSERT_EQ(1U, alarms.size());
  EXPECT_EQ(id, alarms.front().terminal_id());
  const signing::SigningKey other = signing::SigningKey::Generate().value();
  chain::LogId other_log{};
  other_log.fill(77);
  EXPECT_EQ("enrolled", Ask(site, token, other, other_log)) << "the token is still good for another key";
}

TEST(Enrolment, AnotherCollectorBeginsWithNothingAcknowledged) {
  Site first, second;
  Terminal terminal;
  terminal.log().Append(5);
  ASSERT_TRUE(terminal.Enrol(first.MakeToken().text).ok());
  ASSERT_TRUE(Eventually([&] { return first.Stored(terminal.id()) == 5; }));
  ASSERT_TRUE(Eventually([&] { return terminal.log().acknowledged() == 5; }));
  terminal.Stop();
  terminal.site_store().Forget();
  terminal.Start();
  ASSERT_TRUE(terminal.Enrol(second.MakeToken().text).ok());
  ASSERT_TRUE(Eventually([&] { return second.Stored(terminal.id()) == 5; })) << second.journal().All();
  EXPECT_TRUE(second.Alarms(proto::ALARM_STORE_CUT).empty());
  EXPECT_TRUE(terminal.sink().behind().empty());
}

TEST(Enrolment, AKeyBelongsToOneLog) {
  Site site;
  Terminal terminal;
  ASSERT_TRUE(terminal.Enrol(site.MakeToken().text).ok());
  const std::string id = terminal.id();
  terminal.Stop();
  chain::LogId other_log{};
  other_log.fill(77);
  EXPECT_EQ("conflict", Ask(site, site.MakeToken().text, terminal.key(), other_log));
  ASSERT_EQ(1U, site.Alarms(proto::ALARM_OTHER_LOG).size());
  EXPECT_EQ(id, site.Alarms(proto::ALARM_OTHER_LOG).front().terminal_id());
  EXPECT_TRUE(site.reader().FindTerminal(id).value().disputed);
}

TEST(Enrolment, ADisputedTerminalsKeyDoesNotEnrolAgain) {
  Site site;
  Terminal terminal;
  terminal.log().Append(9);
  ASSERT_TRUE(terminal.Enrol(site.MakeToken().text).ok());
  ASSERT_TRUE(Eventually([&] { return site.Stored(terminal.id()) == 9; }));
  terminal.Stop();
  terminal.log().CutAfter(4);
  terminal.Start();
  ASSERT_TRUE(Eventually([&] { return terminal.state().phase == ports::LinkPhase::kRefused; }));
  const Status again = terminal.Enrol(site.MakeToken().text);
  ASSERT_FALSE(again.ok()) << "the certificate was renewed, and the next greeting is the same roll-back";
  EXPECT_EQ(ErrorCode::kDenied, again.error().code);
  EXPECT_NE(std::string::npos, again.error().detail.find("enrol anew")) << again.error().detail;
}

// What the collector answers to requests no honest agent makes.
class Request : public ::testing::Test {
 protected:
  proto::FromTerminal Make(const std::string& csr) {
    const token::EnrolmentToken token = token::Parse(site_.MakeToken().text).value();
    proto::FromTerminal message;
    message.mutable_enrol()->set_token_id(token.id);
    message.mutable_enrol()->set_secret(std::string(token.secret.bytes()));
    message.mutable_enrol()->set_csr_der(csr);
    message.mutable_enrol()->set_log_id(std::string(16, 'l'));
    return message;
  }
  std::string Outcome(const proto::FromTerminal& message) {
    RawLink link(site_.port(), tls::ClientContext::ForEnrolment(site_.authority().ca().fingerprint()).value());
    link.Say(message);
    const auto answer = link.Hear();
    if (!answer) return "cut";
    return answer->has_refused() ? answer->refused().error_code() : "enrolled";
  }
  Site site_;
  signing::SigningKey key_ = signing::SigningKey::Generate().value();
};

TEST_F(Request, AGoodOneIsServed) {
  EXPECT_EQ("enrolled", Outcome(Make(tls::MakeSigningRequest(key_).value())));
}

TEST_F(Request, ACsrThatItsKeyDidNotSignIsRefused) {
  std::string csr = tls::MakeSigningRequest(key_).value();
  csr.back() = static_cast<char>(csr.back() ^ 1);
  EXPECT_EQ("untrusted", Outcome(Make(csr)));
}

TEST_F(Request, ACsrForAnotherKindOfKeyIsRefused) {
  const signing::EvpKey rsa(EVP_RSA_gen(2048));
  const tls::X509ReqPtr request(X509_REQ_new());
  ASSERT_EQ(1, X509_REQ_set_pubkey(request.get(), rsa.get()));
  ASSERT_GT(X509_REQ_sign(request.get(), rsa.get(), EVP_sha256()), 0);
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_REQ(request.get(), &bytes);
  ASSERT_GT(length, 0);
  const std::string csr(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  EXPECT_EQ("invalid", Outcome(Make(csr)));
}

TEST_F(Request, ALogIdentityOfAnotherLengthIsRefused) {
  proto::FromTerminal message = Make(tls::MakeSigningRequest(key_).value());
  message.mutable_enrol()->set_log_id("short");
  EXPECT_EQ("invalid", Outcome(message));
}

TEST_F(Request, TwoAtOnceOnOneConnectionAreNotServedTwice) {
  proto::FromTerminal message = Make(tls::MakeSigningRequest(key_).value());
  RawLink link(site_.port(), tls::ClientContext::ForEnrolment(site_.authority().ca().fingerprint()).value());
  link.Say(message);
  link.Say(message);
  EXPECT_TRUE(link.Hear()->has_enrolled());
  EXPECT_FALSE(link.Hear().has_value());
  EXPECT_EQ(1U, site_.reader().ListTerminals(std::nullopt).value().size());
}

}  // namespace
}  // namespace sekimori::testing
