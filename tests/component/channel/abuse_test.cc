// Peers that mean harm or are broken: what they can take from the collector is bounded, and the others do not notice.
#include <gtest/gtest.h>

#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

intake::CollectorTerms ShortTerms() {
  intake::CollectorTerms terms = Site::AnyPort();
  terms.tls.handshake = std::chrono::milliseconds(300);
  terms.tls.frame = std::chrono::milliseconds(300);
  terms.introduction = std::chrono::milliseconds(300);
  terms.max_strangers = 5;
  terms.enrolments_per_address = {3, 0.001};
  return terms;
}

// Bytes on a bare TCP connection.
class BareLink {
 public:
  explicit BareLink(std::uint16_t port, const std::string& from = "127.0.0.1") {
    socket_.impl()->bind(Poco::Net::SocketAddress(from, 0));
    socket_.connect(Poco::Net::SocketAddress("127.0.0.1", port));
  }
  void Say(const std::string& bytes) { socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size())); }
  // Whether the collector ended the connection, in good order or not, in time.
  [[nodiscard]] bool IsEnded() {
    socket_.setReceiveTimeout(Poco::Timespan(std::chrono::microseconds(kPatience).count()));
    try {
      char buffer[4096];
      while (socket_.receiveBytes(buffer, sizeof buffer) > 0) {
      }
      return true;
    } catch (const Poco::TimeoutException&) {
      return false;
    } catch (const Poco::Exception&) {
      return true;
    }
  }

 private:
  Poco::Net::StreamSocket socket_;
};

TEST(Abuse, WhoSaysNothingIsCut) {
  Site site(ShortTerms());
  EXPECT_TRUE(BareLink(site.port()).IsEnded());
}

TEST(Abuse, WhoDripsItsHandshakeIsCut) {
  Site site(ShortTerms());
  BareLink link(site.port());
  ASSERT_TRUE(Eventually([&] { return site.collector().connections() == 1; }));
  const auto started = std::chrono::steady_clock::now();
  // What could be a long ClientHello, a byte at every turn of the collector: each byte is welcome, all are too slow.
  link.Say(std::string("\x16\x03\x01\x3f\xff\x01", 6));
  std::uint64_t turns = 0;
  std::size_t bytes = 0;
  EXPECT_TRUE(Eventually([&] {
    if (site.collector().connections() == 0) return true;
    if (site.collector().turns() == turns || bytes == 1000) return false;
    turns = site.collector().turns();
    ++bytes;
    try {
      link.Say("x");
    } catch (const Poco::Exception&) {
      return true;
    }
    return false;
  }));
  EXPECT_GT(bytes, 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
}

TEST(Abuse, WhoSpeaksNoTlsIsCut) {
  Site site(ShortTerms());
  BareLink link(site.port());
  link.Say("GET / HTTP/1.1\r\nHost: collector\r\n\r\n");
  EXPECT_TRUE(link.IsEnded());
}

TEST(Abuse, WhoShakesHandsAndThenSaysNothingIsCut) {
  Site site(ShortTerms());
  RawLink link(site.port(), tls::ClientContext::ForEnrolment(site.authority().ca().fingerprint()).value());
  ASSERT_TRUE(link.opened().ok());
  EXPECT_FALSE(link.Hear().has_value());
  EXPECT_TRUE(site.journal().Has("did not say in time who it is"));
}

TEST(Abuse, AStrangersLargeFrameEndsTheConnection) {
  Site site;
  RawLink link(site.port(), tls::ClientContext::ForEnrolment(site.authority().ca().fingerprint()).value());
  link.SayBytes(std::string(20'000, 'x'));
  EXPECT_FALSE(link.Hear().has_value());
}

TEST(Abuse, GarbageInsideTlsIsRefused) {
  Site site;
  RawLink link(site.port(), tls::ClientContext::ForEnrolment(site.authority().ca().fingerprint()).value());
  link.SayBytes("\xff\xff\xff\xff");
  EXPECT_EQ("invalid", link.Hear()->refused().error_code());
  EXPECT_FALSE(link.Hear().has_value());
}

class KnownAbuse : public ::testing::Test {
 protected:
  void Enrol() {
    ASSERT_TRUE(terminal_.Enrol(site_.MakeToken().text).ok());
    ASSERT_TRUE(Eventually([&] { return terminal_.Connected(); }));
    terminal_.Stop();
  }
  Site site_{ShortTerms()};
  Terminal terminal_;
};

TEST_F(KnownAbuse, AnOversizeFrameOfATerminalEndsTheConnection) {
  Enrol();
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  link.SayUnframed(std::string("\x00\x20\x00\x00", 4) + "x");
  EXPECT_FALSE(link.Hear().has_value());
  EXPECT_TRUE(Eventually([&] { return site_.journal().Has("longer than"); })) << site_.journal().All();
}

TEST_F(KnownAbuse, AFrameThatIsNeverFinishedEndsTheConnection) {
  Enrol();
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  link.SayUnframed(std::string("\x00\x00\x10\x00", 4) + "half");
  EXPECT_FALSE(link.Hear().has_value());
  EXPECT_TRUE(Eventually([&] { return site_.journal().Has("not finished in time"); })) << site_.journal().All();
}

TEST_F(KnownAbuse, AQuietTerminalStaysConnected) {
  Enrol();
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  // Several sweeps pass: every short bound of this collector would have ended it by then.
  const std::uint64_t turns = site_.collector().turns();
  ASSERT_TRUE(Eventually([&] { return site_.collector().turns() > turns + 8; }));
  terminal_.log().Append(1);
  link.Say(BatchOf(terminal_.log(), 1, 1, terminal_.key()));
  EXPECT_EQ(1U, link.Hear()->ack().sequence());
}

TEST_F(KnownAbuse, GreetingTwiceIsRefused) {
  Enrol();
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  EXPECT_EQ("invalid", link.Greet(terminal_.log())->refused().error_code());
}

TEST_F(KnownAbuse, EnrollingWithACertificateIsRefused) {
  Enrol();
  RawLink link(site_, terminal_);
  proto::FromTerminal message;
  message.mutable_enrol()->set_token_id("x");
  link.Say(message);
  EXPECT_EQ("invalid", link.Hear()->refused().error_code());
}

TEST_F(KnownAbuse, EmptyAndOverlongBatchesAreRefused) {
  Enrol();
  terminal_.log().Append(2);
  for (const int kind : {0, 1, 2, 3, 4}) {
    RawLink link(site_, terminal_);
    ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
    proto::FromTerminal message = BatchOf(terminal_.log(), 1, 2, terminal_.key());
    proto::Batch& batch = *message.mutable_batch();
    if (kind == 0) batch.clear_payloads();
    if (kind == 1) batch.mutable_payloads(0)->clear();
    if (kind == 2) batch.set_first_sequence(UINT64_MAX);
    if (kind == 3) batch.clear_previous_hash();
    if (kind == 4) batch.mutable_checkpoint()->set_sequence(1);
    link.Say(message);
    EXPECT_EQ("invalid", link.HearAnswer()->refused().error_code()) << kind;
  }
  EXPECT_EQ(0U, site_.Stored(terminal_.id()));
}

TEST_F(KnownAbuse, AGreetingWithNumbersNoLogHasIsRefused) {
  Enrol();
  terminal_.log().Append(3);
  constexpr std::uint64_t kTooMany = std::uint64_t{1} << 63;
  for (const int kind : {0, 1, 2}) {
    proto::FromTerminal message = HelloOf(terminal_.log());
    proto::Hello& hello = *message.mutable_hello();
    if (kind == 0) hello.set_policy_version(kTooMany);
    if (kind == 1) hello.set_head_sequence(kTooMany);
    if (kind == 2) hello.set_first_sequence(5);
    RawLink link(site_, terminal_);
    link.Say(message);
    EXPECT_EQ("invalid", link.Hear()->refused().error_code()) << kind;
  }
  EXPECT_TRUE(site_.Alarms(proto::ALARM_GAP).empty());
}

TEST_F(KnownAbuse, WhatATerminalCallsItselfIsKeptAsTextThatCanBeStored) {
  Enrol();
  proto::FromTerminal message = HelloOf(terminal_.log());
  std::string& hostname = *message.mutable_hello()->mutable_hostname();
  hostname = std::string("pc\0", 3);
  for (int i = 0; i < 100; ++i)
    hostname += "関";
  RawLink link(site_, terminal_);
  link.Say(message);
  ASSERT_TRUE(link.Hear()->has_welcome());
  const std::string kept = site_.reader().FindTerminal(terminal_.id()).value().hostname;
  EXPECT_LE(kept.size(), 256U);
  EXPECT_TRUE(kept.starts_with("pc 関"));
  EXPECT_TRUE(kept.ends_with("関…")) << "cut between characters";
}

TEST_F(KnownAbuse, StrangersDoNotKeepTerminalsOut) {
  Enrol();
  std::vector<std::unique_ptr<BareLink>> strangers;
  for (int i = 0; i < 20; ++i)
    strangers.push_back(std::make_unique<BareLink>(site_.port()));
  terminal_.log().Append(3);
  terminal_.Start();
  EXPECT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == 3; }));
}

TEST(Strangers, OfOneHostGiveWayToThoseOfOthers) {
  intake::CollectorTerms terms = Site::AnyPort();
  terms.max_strangers = 5;
  terms.tls.handshake = std::chrono::hours(1);
  Site site(terms);
  std::vector<std::unique_ptr<BareLink>> strangers;
  for (std::size_t i = 0; i < terms.max_strangers; ++i) {
    strangers.push_back(std::make_unique<BareLink>(site.port(), "127.0.0.2"));
    ASSERT_TRUE(Eventually([&] { return site.collector().connections() == i + 1; }));
  }
  // None of them leaves by itself before the test is over.
  Terminal terminal;
  ASSERT_TRUE(terminal.Enrol(site.MakeToken().text).ok());
  EXPECT_TRUE(Eventually([&] { return terminal.Connected(); })) << terminal.state().detail;
  EXPECT_TRUE(strangers.front()->IsEnded());
  EXPECT_TRUE(site.journal().Has("too many connections; refused 127.0.0.2")) << site.journal().All();
}

TEST(EnrolmentRate, IsBoundedForOneAddress) {
  Site site(ShortTerms());
  const std::string token = site.MakeToken(100).text;
  std::size_t enrolled = 0, later = 0;
  for (std::uint8_t i = 1; i <= 5; ++i) {
    Terminal terminal(i);
    const Status status = terminal.Enrol(token);
    enrolled += status.ok() ? 1 : 0;
    later += !status.ok() && status.error().code == ErrorCode::kUnavailable ? 1 : 0;
  }
  EXPECT_EQ(3U, enrolled);
  EXPECT_EQ(2U, later);
}

}  // namespace
}  // namespace sekimori::testing
