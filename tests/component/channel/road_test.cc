// The whole road over real TLS on loopback: records up, stored once; policy down, answers up; and what interrupts it.
#include <gtest/gtest.h>

#include "proto/frame/frame.h"
#include "proto/signing/signed_document.h"
#include "proto/tls/signing_request.h"
#include "server/authority/issue.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

class Road : public ::testing::Test {
 protected:
  void Connect() {
    const Status enrolled = terminal_.Enrol(site_.MakeToken().text);
    ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
    ASSERT_TRUE(Eventually([&] { return terminal_.Connected(); })) << terminal_.state().detail << site_.journal().All();
  }
  [[nodiscard]] bool EventuallyStored(std::uint64_t count) {
    return Eventually([&] { return site_.Stored(terminal_.id()) == count; });
  }
  // As if ten of the eleven hours of its life were over.
  void AgeCertificate() {
    authority::CertificateTerms terms;
    terms.organization = site_.authority().site_id();
    terms.common_name = terminal_.id();
    terms.not_before = now_ - std::chrono::hours(10);
    terms.not_after = now_ + std::chrono::hours(1);
    const signing::SigningKey ca_key =
        signing::SigningKey::Load(site_.directory() / "authority" / authority::kCaKey).value();
    const tls::Certificate old =
        authority::Issue(terms, terminal_.key().public_key(), &site_.authority().ca(), ca_key).value();
    ASSERT_TRUE(channel::SaveCredentials(terminal_.directory(), {old, site_.authority().ca()}).ok());
  }
  [[nodiscard]] bool EventuallyRenewed() {
    return Eventually([&] {
      const ports::LinkState state = terminal_.state();
      return state.certificate_expires && *state.certificate_expires > now_ + std::chrono::hours(24 * 800);
    });
  }
  // Certificates the collector has given this terminal after the first, by its own record.
  [[nodiscard]] std::size_t Renewals() {
    store::EventFilter filter;
    filter.terminal = terminal_.id();
    std::size_t renewals = 0;
    EXPECT_TRUE(site_.reader()
                    .VisitEvents(filter,
                                 [&](const store::StoredEvent& stored) {
                                   proto::Event event;
                                   EXPECT_TRUE(event.ParseFromString(stored.payload));
                                   renewals += event.operator_action().action() == "terminal.certificate" ? 1 : 0;
                                   return true;
                                 })
                    .ok());
    return renewals;
  }
  [[nodiscard]] proto::FromTerminal Renewal() {
    proto::FromTerminal message;
    message.mutable_renew()->set_csr_der(tls::MakeSigningRequest(terminal_.key()).value());
    return message;
  }
  const std::chrono::sys_seconds now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  Site site_;
  Terminal terminal_;
};

TEST_F(Road, RecordsOfAnEnrolledTerminalAreStoredOnceAndAcknowledged) {
  terminal_.log().Append(3);
  Connect();
  terminal_.Append(2000);
  EXPECT_TRUE(EventuallyStored(2003)) << site_.journal().All();
  EXPECT_TRUE(Eventually([&] { return terminal_.log().acknowledged() == 2003; }));
  EXPECT_EQ(2003U, terminal_.state().acknowledged);
  EXPECT_EQ(2003U, site_.EventCount(terminal_.id()));
  EXPECT_EQ("office", terminal_.state().group);
  EXPECT_TRUE(terminal_.sink().refused().empty());
}

TEST_F(Road, LargeRecordsPassInSeveralBatches) {
  Connect();
  terminal_.Append(40, 100'000);
  EXPECT_TRUE(EventuallyStored(40)) << site_.journal().All() << terminal_.state().detail;
}

TEST_F(Road, ABacklogOfManyBatchesDrains) {
  terminal_.log().Append(30'000);
  Connect();
  EXPECT_TRUE(EventuallyStored(30'000));
  EXPECT_EQ(30'000U, site_.EventCount(terminal_.id()));
}

TEST_F(Road, ANewPolicyArrivesWithinASecondAndItsAnswerIsKept) {
  Connect();
  EXPECT_TRUE(terminal_.sink().policies().empty());
  const auto before = std::chrono::steady_clock::now();
  const std::uint64_t version = site_.ApplyPolicy("office", "mode = \"enforce\"\n");
  ASSERT_TRUE(Eventually([&] { return terminal_.sink().policies().size() == 1; }));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1500));
  proto::SignedDocument document;
  ASSERT_TRUE(document.ParseFromString(terminal_.sink().policies().front()));
  EXPECT_TRUE(
      signing::VerifyDocument(site_.authority().policy_key().public_key(), proto::DOCUMENT_POLICY, document).ok());

  ports::PolicyReport report;
  report.version = version;
  report.mode = model::Mode::kEnforce;
  terminal_.uplink().ReportPolicy(report);
  ASSERT_TRUE(
      Eventually([&] { return site_.reader().FindTerminal(terminal_.id()).value().policy_report.version == version; }));
  const store::Terminal stored = site_.reader().FindTerminal(terminal_.id()).value();
  EXPECT_TRUE(stored.policy_report.in_force);
  EXPECT_EQ(proto::MODE_ENFORCE, stored.mode);
  EXPECT_EQ(version, stored.policy_version);

  report.refused_version = version + 1;
  report.error_code = "invalid";
  report.detail = "policy.toml:3";
  terminal_.uplink().ReportPolicy(report);
  ASSERT_TRUE(Eventually(
      [&] { return site_.reader().FindTerminal(terminal_.id()).value().policy_report.error_code == "invalid"; }));
  EXPECT_EQ(version, site_.reader().FindTerminal(terminal_.id()).value().policy_version);
}

TEST_F(Road, APolicyForAnotherGroupIsNotOfferedAndAnOlderOneNotAgain) {
  const std::uint64_t version = site_.ApplyPolicy("office", "mode = \"observe\"\n");
  Connect();
  ASSERT_TRUE(Eventually([&] { return terminal_.sink().policies().size() == 1; }));
  (void)site_.ApplyPolicy("counter", "mode = \"enforce\"\n");
  ports::PolicyReport report;
  report.version = version;
  terminal_.uplink().ReportPolicy(report);
  terminal_.Stop();
  terminal_.Start();
  terminal_.uplink().ReportPolicy(report);
  ASSERT_TRUE(Eventually([&] { return terminal_.Connected(); }));
  terminal_.Append(1);
  ASSERT_TRUE(EventuallyStored(1));
  EXPECT_LE(terminal_.sink().policies().size(), 2U);
}

TEST_F(Road, TheLinkComesBackWhenTheCollectorDoesAndNothingIsLost) {
  Connect();
  terminal_.Append(10);
  ASSERT_TRUE(EventuallyStored(10));
  site_.StopCollector();
  ASSERT_TRUE(Eventually([&] { return !terminal_.Connected(); }));
  terminal_.Append(25);
  site_.StartCollector();
  EXPECT_TRUE(EventuallyStored(35)) << terminal_.state().detail;
  EXPECT_EQ(35U, site_.EventCount(terminal_.id()));
  EXPECT_TRUE(terminal_.sink().refused().empty());
}

TEST_F(Road, RecordsWhoseAcknowledgementWasLostAreSentAgainAndStoredOnce) {
  Connect();
  terminal_.Stop();
  terminal_.log().Append(20);
  {
    RawLink link(site_, terminal_);
    ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
    link.Say(BatchOf(terminal_.log(), 1, 12, terminal_.key()));
    ASSERT_TRUE(EventuallyStored(12));
  }
  terminal_.Start();
  EXPECT_TRUE(EventuallyStored(20));
  EXPECT_EQ(20U, site_.EventCount(terminal_.id()));
  EXPECT_TRUE(site_.Alarms(proto::ALARM_FORK).empty());
}

TEST_F(Road, TheLastRecordsBeforeAStopAreStillSent) {
  Connect();
  terminal_.log().Append(1);
  terminal_.Stop();
  EXPECT_EQ(1U, site_.Stored(terminal_.id()));
}

TEST_F(Road, ACertificateNearItsEndIsRenewedOverTheLink) {
  Connect();
  terminal_.Stop();
  AgeCertificate();
  terminal_.Start();
  ASSERT_TRUE(EventuallyRenewed()) << site_.journal().All();
  const tls::Certificate fresh = channel::LoadCredentials(terminal_.directory(), terminal_.key()).value().certificate;
  EXPECT_EQ(fresh.fingerprint(), site_.reader().FindTerminal(terminal_.id()).value().certificate_sha256);
  EXPECT_TRUE(terminal_.Connected());
  terminal_.Stop();
  terminal_.Start();
  EXPECT_TRUE(Eventually([&] { return terminal_.Connected(); }));
}

TEST_F(Road, ACertificateIsRenewedOnceAlthoughRecordsWait) {
  Connect();
  terminal_.Stop();
  AgeCertificate();
  // More than is read in one go: the batches do not end where the collector stops reading.
  terminal_.log().Append(400, 4000);
  terminal_.Start();
  ASSERT_TRUE(EventuallyStored(400)) << site_.journal().All() << terminal_.state().detail;
  ASSERT_TRUE(EventuallyRenewed()) << site_.journal().All();
  EXPECT_EQ(1U, Renewals());
  EXPECT_TRUE(terminal_.sink().refused().empty());
}

TEST_F(Road, CertificatesAreGivenAFewTimesADayAndNoMore) {
  Connect();
  terminal_.Stop();
  AgeCertificate();
  terminal_.log().Append(1);
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  for (std::int64_t given = 1; given < store::kMaxCertificatesADay; ++given) {
    link.Say(Renewal());
    EXPECT_TRUE(link.Hear()->has_renewed()) << given;
  }
  link.Say(Renewal());
  EXPECT_EQ("denied", link.Hear()->refused().error_code());
  EXPECT_EQ(store::kMaxCertificatesADay - 1, static_cast<std::int64_t>(Renewals()));

  // The terminal is told no, and does not ask again at its next attempt, so that its records pass.
  terminal_.Start();
  ASSERT_TRUE(Eventually([&] { return terminal_.sink().refused().size() == 1; }));
  EXPECT_EQ(ErrorCode::kInvalid, terminal_.Enrol("no token").error().code) << "ends its rest";
  EXPECT_TRUE(EventuallyStored(1)) << terminal_.state().detail;
  EXPECT_EQ(1U, terminal_.sink().refused().size());
}

// A batch that is half there when the collector stops reading to do something else first.
class HalfSent : public Road {
 protected:
  // `first` and half of the batch arrive at once; the rest once `first` was answered.
  void SayAroundAnAnswer(RawLink& link, const proto::FromTerminal& first, const proto::FromTerminal& batch,
                         std::optional<proto::FromCollector>& answer) {
    std::string bytes;
    ASSERT_TRUE(frame::AppendFrame(bytes, first.SerializeAsString()).ok());
    const std::size_t half = bytes.size() + 40;
    ASSERT_TRUE(frame::AppendFrame(bytes, batch.SerializeAsString()).ok());
    link.SayUnframed(bytes.substr(0, half));
    answer = link.Hear();
    link.SayUnframed(bytes.substr(half));
  }
};

TEST_F(HalfSent, ItIsTakenAfterARenewal) {
  Connect();
  terminal_.Stop();
  AgeCertificate();
  terminal_.log().Append(5);
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  std::optional<proto::FromCollector> answer;
  SayAroundAnAnswer(link, Renewal(), BatchOf(terminal_.log(), 1, 5, terminal_.key()), answer);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->has_renewed()) << answer->ShortDebugString();
  answer = link.Hear();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(5U, answer->ack().sequence());
}

TEST_F(HalfSent, ItIsTakenAfterRecordsThatWereStoredAlready) {
  terminal_.log().Append(5);
  Connect();
  ASSERT_TRUE(EventuallyStored(5));
  terminal_.Stop();
  terminal_.log().Append(5);
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  std::optional<proto::FromCollector> answer;
  SayAroundAnAnswer(link, BatchOf(terminal_.log(), 3, 5, terminal_.key()),
                    BatchOf(terminal_.log(), 6, 10, terminal_.key()), answer);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(5U, answer->ack().sequence()) << answer->ShortDebugString();
  answer = link.Hear();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(10U, answer->ack().sequence());
}

TEST_F(Road, ACertificateWithMostOfItsLifeLeftIsNotRenewed) {
  Connect();
  terminal_.Stop();
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  proto::FromTerminal message;
  message.mutable_renew()->set_csr_der("never looked at");
  link.Say(message);
  EXPECT_EQ("denied", link.Hear()->refused().error_code());
}

TEST_F(Road, AServerCertificateMayChange) {
  Connect();
  site_.StopCollector();
  site_.RenewServerCertificate();
  site_.StartCollector();
  terminal_.Append(4);
  EXPECT_TRUE(EventuallyStored(4)) << terminal_.state().detail;
}

TEST(ManyTerminals, SendAtOnceAndEachIsStoredWhole) {
  Site site;
  const std::string token = site.MakeToken(50).text;
  std::vector<std::unique_ptr<Terminal>> terminals;
  for (std::uint8_t i = 1; i <= 50; ++i) {
    terminals.push_back(std::make_unique<Terminal>(i));
    terminals.back()->log().Append(300);
  }
  for (auto& terminal : terminals)
    ASSERT_TRUE(terminal->Enrol(token).ok());
  for (auto& terminal : terminals) {
    terminal->Append(100);
    EXPECT_TRUE(Eventually([&] { return site.Stored(terminal->id()) == 400; }));
  }
  for (auto& terminal : terminals)
    EXPECT_EQ(400U, site.EventCount(terminal->id()));
  EXPECT_EQ(50U, site.collector().connections());
}

}  // namespace
}  // namespace sekimori::testing
