// Two ends of a FramedTls over a socket pair on loopback, moved by hand with a clock of the test's own.
#include "proto/tls/framed_tls.h"

#include <Poco/Net/ServerSocket.h>
#include <gtest/gtest.h>

#include "proto/tls/sockets.h"
#include "server/authority/issue.h"

namespace sekimori::tls {
namespace {

class Pair : public ::testing::Test {
 protected:
  void SetUp() override {
    IgnoreBrokenPipes();
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    authority::CertificateTerms terms;
    terms.purpose = authority::Purpose::kAuthority;
    terms.organization = "site";
    terms.common_name = "CA";
    terms.not_before = now - std::chrono::hours(1);
    terms.not_after = now + std::chrono::hours(1);
    ca_.emplace(authority::Issue(terms, ca_key_.public_key(), nullptr, ca_key_).value());
    terms.purpose = authority::Purpose::kServer;
    terms.common_name = "collector";
    terms.hosts = {"collector.test"};
    const Certificate server = authority::Issue(terms, server_key_.public_key(), &*ca_, ca_key_).value();
    server_context_.emplace(ServerContext::Make(server, server_key_, *ca_).value());
    client_context_ = ClientContext::ForEnrolment(ca_->fingerprint()).value();

    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
    Poco::Net::StreamSocket client;
    client.connect(listener.address());
    server_ = FramedTls::Accept(*server_context_, listener.acceptConnection(), limits_, now_).value();
    client_ = FramedTls::Connect(*client_context_, client, "collector.test", limits_, now_).value();
  }
  void ShakeHands() {
    for (int i = 0; i < 1000 && !(server_->established() && client_->established()); ++i) {
      ASSERT_TRUE(client_->Pump(now_, true).ok());
      ASSERT_TRUE(server_->Pump(now_, true).ok());
    }
    ASSERT_TRUE(server_->established());
  }
  // Moves both ends until the server has `count` frames.
  std::vector<std::string> Receive(std::size_t count) {
    std::vector<std::string> frames;
    for (int i = 0; i < 10'000 && frames.size() < count; ++i) {
      EXPECT_TRUE(client_->Pump(now_, true).ok());
      Result<Received> received = server_->Pump(now_, true);
      EXPECT_TRUE(received.ok());
      for (std::string& frame : received.value().frames)
        frames.push_back(std::move(frame));
    }
    return frames;
  }

  Time now_ = Clock::now();
  Limits limits_;
  signing::SigningKey ca_key_ = signing::SigningKey::Generate().value();
  signing::SigningKey server_key_ = signing::SigningKey::Generate().value();
  std::optional<Certificate> ca_;
  std::optional<ServerContext> server_context_;
  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<FramedTls> server_, client_;
};

TEST_F(Pair, FramesArriveWholeAndInOrder) {
  ShakeHands();
  ASSERT_TRUE(client_->Send("one", now_).ok());
  ASSERT_TRUE(client_->Send(std::string(700'000, 'x'), now_).ok());
  ASSERT_TRUE(client_->Send("", now_).ok());
  const std::vector<std::string> frames = Receive(3);
  ASSERT_EQ(3U, frames.size());
  EXPECT_EQ("one", frames[0]);
  EXPECT_EQ(std::string(700'000, 'x'), frames[1]);
  EXPECT_EQ("", frames[2]);
}

TEST_F(Pair, TheClientKnowsWhomItTalksTo) {
  ShakeHands();
  EXPECT_EQ(ca_->fingerprint(), client_->peer_ca()->fingerprint());
  EXPECT_EQ("collector", client_->peer_certificate()->CommonName());
  EXPECT_FALSE(server_->peer_certificate().has_value());
}

TEST_F(Pair, AHandshakeThatTakesTooLongIsEnded) {
  ASSERT_TRUE(client_->Pump(now_, true).ok());
  ASSERT_TRUE(server_->deadline().has_value());
  EXPECT_EQ(now_ + limits_.handshake, *server_->deadline());
  EXPECT_EQ(ErrorCode::kTimeout, server_->Pump(now_ + limits_.handshake, true).error().code);
}

TEST_F(Pair, AFrameThatIsNotFinishedInTimeIsEnded) {
  ShakeHands();
  std::size_t written = 0;
  ASSERT_EQ(1, SSL_write_ex(client_->native(), "\0\0\1\0half", 8, &written));
  for (int i = 0; i < 1000 && !server_->deadline(); ++i)
    ASSERT_TRUE(server_->Pump(now_, true).ok());
  ASSERT_TRUE(server_->deadline().has_value());
  EXPECT_TRUE(server_->Pump(now_ + limits_.frame - std::chrono::milliseconds(1), true).ok());
  EXPECT_EQ(ErrorCode::kTimeout, server_->Pump(now_ + limits_.frame, true).error().code);
}

TEST_F(Pair, AFrameWeDoNotReadIsNotHeldAgainstThePeer) {
  ShakeHands();
  std::size_t written = 0;
  ASSERT_EQ(1, SSL_write_ex(client_->native(), "\0\0\1\0half", 8, &written));
  for (int i = 0; i < 1000 && !server_->deadline(); ++i)
    ASSERT_TRUE(server_->Pump(now_, true).ok());
  now_ += limits_.frame - std::chrono::seconds(1);
  ASSERT_TRUE(server_->Pump(now_, false).ok());
  EXPECT_TRUE(server_->Pump(now_ + std::chrono::seconds(2), true).ok());
}

TEST_F(Pair, APeerThatTakesNothingIsEnded) {
  ShakeHands();
  const std::string large(900'000, 'x');
  Status sent = Status::Ok();
  while (sent.ok()) {
    sent = client_->Send(large, now_);
    ASSERT_TRUE(client_->Pump(now_, false).ok());
  }
  EXPECT_EQ(ErrorCode::kFull, sent.error().code);
  EXPECT_LE(client_->queued(), limits_.max_queued);
  EXPECT_EQ(ErrorCode::kTimeout, client_->Pump(now_ + limits_.write, false).error().code);
}

// One turn of the server reads no more than this, however much lies there.
TEST_F(Pair, ManySmallRecordsTakeManyTurns) {
  ShakeHands();
  constexpr std::size_t kFrames = 1000;
  std::size_t written = 0;
  for (std::size_t i = 0; i < kFrames; ++i)
    ASSERT_EQ(1, SSL_write_ex(client_->native(), "\0\0\0\0", 4, &written));
  std::size_t frames = 0;
  std::size_t turns = 0;
  for (; frames < kFrames && turns < 10'000; ++turns) {
    const Result<Received> received = server_->Pump(now_, true);
    ASSERT_TRUE(received.ok());
    EXPECT_LE(received.value().frames.size(), 64U);
    frames += received.value().frames.size();
  }
  EXPECT_EQ(kFrames, frames);
  EXPECT_GE(turns, kFrames / 64);
}

// Key updates carry no data: a turn that waited for some would last as long as they come.
TEST_F(Pair, AKeyUpdateEndsTheTurn) {
  ShakeHands();
  ASSERT_EQ(1, SSL_key_update(client_->native(), SSL_KEY_UPDATE_NOT_REQUESTED));
  ASSERT_EQ(1, SSL_do_handshake(client_->native()));
  ASSERT_TRUE(client_->Send("one", now_).ok());
  ASSERT_TRUE(client_->Pump(now_, false).ok());
  const Result<Received> first = server_->Pump(now_, true);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value().frames.empty());
  const Result<Received> second = server_->Pump(now_, true);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(std::vector<std::string>{"one"}, second.value().frames);
}

TEST_F(Pair, WhoKeepsUpdatingItsKeysIsEnded) {
  ShakeHands();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(1, SSL_key_update(client_->native(), SSL_KEY_UPDATE_NOT_REQUESTED));
    ASSERT_EQ(1, SSL_do_handshake(client_->native()));
  }
  Result<Received> received = server_->Pump(now_, true);
  for (int i = 0; i < 100 && received.ok(); ++i)
    received = server_->Pump(now_, true);
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(ErrorCode::kUntrusted, received.error().code);
}

TEST_F(Pair, CountsWhatArrivedBeforeItIsRead) {
  ShakeHands();
  const std::uint64_t before = server_->bytes_read();
  ASSERT_TRUE(client_->Send(std::string(1000, 'x'), now_).ok());
  ASSERT_TRUE(client_->Pump(now_, false).ok());
  EXPECT_EQ(before, server_->bytes_read());
  EXPECT_GT(server_->bytes_arrived(), before + 1000);
  const std::uint64_t arrived = server_->bytes_arrived();
  ASSERT_EQ(1U, Receive(1).size());
  EXPECT_EQ(arrived, server_->bytes_read());
}

TEST_F(Pair, AnOrderlyEndIsToldFromACut) {
  ShakeHands();
  client_->Close(now_);
  bool closed = false;
  for (int i = 0; i < 1000 && !closed; ++i) {
    Result<Received> received = server_->Pump(now_, true);
    ASSERT_TRUE(received.ok());
    closed = received.value().closed;
  }
  EXPECT_TRUE(closed);
  EXPECT_EQ(ErrorCode::kUnavailable, client_->Send("late", now_).error().code);
}

TEST_F(Pair, ACutIsUnavailableNotUntrusted) {
  ShakeHands();
  client_.reset();
  Result<Received> received = server_->Pump(now_, true);
  for (int i = 0; i < 1000 && received.ok(); ++i)
    received = server_->Pump(now_, true);
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(ErrorCode::kUnavailable, received.error().code);
}

TEST_F(Pair, AFrameOverTheBoundEndsTheConnection) {
  ShakeHands();
  ASSERT_TRUE(server_->SetMaxFrame(100).ok());
  ASSERT_TRUE(client_->Send(std::string(101, 'x'), now_).ok());
  ASSERT_TRUE(client_->Pump(now_, false).ok());
  Result<Received> received = server_->Pump(now_, true);
  for (int i = 0; i < 1000 && received.ok(); ++i)
    received = server_->Pump(now_, true);
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(ErrorCode::kTooLarge, received.error().code);
}

}  // namespace
}  // namespace sekimori::tls
