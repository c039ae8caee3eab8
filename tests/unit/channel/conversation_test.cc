#include "agent/channel/conversation.h"

#include <gtest/gtest.h>

#include "proto/chain/chain.h"
#include "tests/fakes/fake_clock.h"

namespace sekimori::channel {
namespace {

class FakeOutbox final : public ports::Outbox {
 public:
  FakeOutbox() {
    id_.fill(3);
    hashes_.push_back(chain::GenesisHash(id_));
  }
  void Append(std::size_t count, std::size_t size = 20) {
    for (std::size_t i = 0; i < count; ++i) {
      payloads_.push_back(std::string(size, 'x'));
      hashes_.push_back(chain::Link(hashes_.back(), payloads_.size(), payloads_.back()));
    }
  }
  void PruneUntil(std::uint64_t sequence) { base_ = sequence; }
  void Lose(std::uint64_t sequence) { lost_ = sequence; }
  std::uint64_t acknowledged = 0;

  std::array<std::uint8_t, 16> log_id() const override { return id_; }
  Result<ports::OutboxHead> Head() const override { return At(payloads_.size()); }
  Result<ports::OutboxHead> Base() const override { return At(base_); }
  Result<ports::RecordHash> HashAt(std::uint64_t sequence) const override {
    if (sequence < base_ || sequence > payloads_.size() || (lost_ != 0 && sequence == lost_))
      return Error{ErrorCode::kNotFound, "", ""};
    return hashes_[sequence];
  }
  Result<std::vector<ports::OutboxRecord>> Read(std::uint64_t after, std::size_t max_records,
                                                std::size_t max_bytes) const override {
    std::vector<ports::OutboxRecord> records;
    std::size_t bytes = 0;
    for (std::uint64_t at = after + 1; at <= payloads_.size() && records.size() < max_records; ++at) {
      if (!records.empty() && (bytes + payloads_[at - 1].size() > max_bytes || at == lost_)) break;
      if (at == lost_) return Error{ErrorCode::kCorrupt, "record", "missing"};
      bytes += payloads_[at - 1].size();
      records.push_back({at, hashes_[at], payloads_[at - 1]});
    }
    return records;
  }
  Result<std::uint64_t> Acknowledged() const override { return acknowledged; }
  Status SetAcknowledged(std::uint64_t sequence) override {
    acknowledged = sequence;
    return Status::Ok();
  }
  ports::OutboxHead At(std::uint64_t sequence) const { return {sequence, hashes_[sequence]}; }

 private:
  std::array<std::uint8_t, 16> id_{};
  std::uint64_t base_ = 0, lost_ = 0;
  std::vector<std::string> payloads_;
  std::vector<chain::Hash> hashes_;
};

class ConversationTest : public ::testing::Test {
 protected:
  static std::string Bytes(const ports::RecordHash& hash) { return std::string(hash.begin(), hash.end()); }
  Result<Heard> Welcome(std::uint64_t stored, const std::string& hash = std::string(32, 'h')) {
    proto::FromCollector message;
    message.mutable_welcome()->set_stored_sequence(stored);
    message.mutable_welcome()->set_stored_hash(hash);
    return conversation_.Take(message.SerializeAsString(), now_);
  }
  Result<Heard> Ack(std::uint64_t sequence) {
    proto::FromCollector message;
    message.mutable_ack()->set_sequence(sequence);
    return conversation_.Take(message.SerializeAsString(), now_);
  }
  std::optional<proto::Batch> Next() {
    Result<std::optional<std::string>> frame = conversation_.NextBatch(now_);
    EXPECT_TRUE(frame.ok());
    if (!frame.value()) return std::nullopt;
    proto::FromTerminal message;
    EXPECT_TRUE(message.ParseFromString(*frame.value()));
    return message.batch();
  }
  FakeOutbox outbox_;
  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  fakes::FakeClock clock_;
  BatchSizer sizer_;
  Conversation::Time now_{};
  Conversation conversation_{outbox_, key_, clock_, sizer_};
};

TEST_F(ConversationTest, GreetsWithWhatTheLogHas) {
  outbox_.Append(7);
  outbox_.PruneUntil(2);
  ports::PolicyReport policy;
  policy.version = 4;
  policy.mode = model::Mode::kEnforce;
  proto::FromTerminal message;
  ASSERT_TRUE(message.ParseFromString(conversation_.Greet({"pc", "os", "1", "m"}, policy).value()));
  EXPECT_EQ(1U, message.hello().protocol());
  EXPECT_EQ(3U, message.hello().first_sequence());
  EXPECT_EQ(7U, message.hello().head_sequence());
  EXPECT_EQ(Bytes(outbox_.At(7).hash), message.hello().head_hash());
  EXPECT_EQ("enforce", message.hello().mode());
  EXPECT_EQ(4U, message.hello().policy_version());
}

TEST_F(ConversationTest, GreetsReadablyWhateverTheHostIsCalled) {
  proto::FromTerminal message;
  ASSERT_TRUE(message.ParseFromString(conversation_.Greet({"pc-\xff", "o\xc3s", "1", "m"}, {}).value()));
  EXPECT_EQ("pc-\xef\xbf\xbd", message.hello().hostname());
  ports::PolicyReport report;
  report.refused_version = 2;
  report.detail = "policy.toml:3: \xe9";
  ASSERT_TRUE(message.ParseFromString(MakePolicyStatus(report)));
  EXPECT_EQ("policy.toml:3: \xef\xbf\xbd", message.policy_status().detail());
}

TEST_F(ConversationTest, SaysWhatWasAcknowledgedAndNoticesACollectorThatLacksIt) {
  outbox_.Append(7);
  outbox_.acknowledged = 6;
  proto::FromTerminal message;
  ASSERT_TRUE(message.ParseFromString(conversation_.Greet({"pc", "os", "1", "m"}, {}).value()));
  EXPECT_EQ(6U, message.hello().acknowledged());
  const Heard heard = Welcome(4).value();
  EXPECT_EQ(6U, heard.acknowledged_before);
  EXPECT_EQ(4U, heard.acknowledged);
  EXPECT_EQ(5U, Next()->first_sequence()) << "what is lacking is sent again";
}

TEST_F(ConversationTest, TheSameOrMoreThanAcknowledgedIsNothingToNotice) {
  outbox_.Append(7);
  outbox_.acknowledged = 4;
  ASSERT_TRUE(conversation_.Greet({"pc", "os", "1", "m"}, {}).ok());
  EXPECT_FALSE(Welcome(5).value().acknowledged_before);
}

TEST_F(ConversationTest, SendsNothingBeforeTheWelcome) {
  outbox_.Append(7);
  EXPECT_FALSE(Next());
}

TEST_F(ConversationTest, GoesOnAfterWhatIsStoredAndSignsTheLastRecord) {
  outbox_.Append(7);
  ASSERT_TRUE(Welcome(4).value().welcomed);
  const auto batch = Next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(5U, batch->first_sequence());
  EXPECT_EQ(3, batch->payloads_size());
  EXPECT_EQ(Bytes(outbox_.At(4).hash), batch->previous_hash());
  EXPECT_EQ(7U, batch->checkpoint().sequence());
  chain::Checkpoint checkpoint;
  checkpoint.log_id = outbox_.log_id();
  checkpoint.head = {7, outbox_.At(7).hash};
  checkpoint.time_us = batch->checkpoint().time_us();
  checkpoint.signature = batch->checkpoint().signature();
  EXPECT_TRUE(chain::VerifyCheckpoint(key_.public_key(), checkpoint).ok());
  EXPECT_FALSE(Next());
}

TEST_F(ConversationTest, BeginsAtTheBaseWhenTheRestIsGone) {
  outbox_.Append(9);
  outbox_.PruneUntil(6);
  ASSERT_TRUE(Welcome(2).ok());
  const auto batch = Next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(7U, batch->first_sequence());
  EXPECT_EQ(Bytes(outbox_.At(6).hash), batch->previous_hash());
}

TEST_F(ConversationTest, SaysWhatItBuildsOnEvenWhenTheCollectorRemembersOtherwise) {
  outbox_.Append(9);
  ASSERT_TRUE(Welcome(4, std::string(32, 'z')).ok());
  EXPECT_EQ(Bytes(outbox_.At(4).hash), Next()->previous_hash());
}

TEST_F(ConversationTest, SendsWhatItCanReadAndThenSaysOnceWhereItCannot) {
  outbox_.Append(9);
  outbox_.Lose(6);
  ASSERT_TRUE(Welcome(2).ok());
  EXPECT_EQ(5U, Next()->checkpoint().sequence());
  EXPECT_FALSE(conversation_.damage());
  proto::FromTerminal message;
  ASSERT_TRUE(message.ParseFromString(conversation_.NextBatch(now_).value().value()));
  EXPECT_EQ(6U, message.log_damaged().sequence());
  EXPECT_FALSE(message.log_damaged().detail().empty());
  EXPECT_FALSE(Next());
  ASSERT_TRUE(conversation_.damage());
  EXPECT_EQ(6U, conversation_.damage()->sequence);
}

TEST_F(ConversationTest, SaysSoWhenTheRecordItIsToGoOnFromIsGone) {
  outbox_.Append(9);
  outbox_.Lose(4);
  ASSERT_TRUE(Welcome(4).ok());
  proto::FromTerminal message;
  ASSERT_TRUE(message.ParseFromString(conversation_.NextBatch(now_).value().value()));
  EXPECT_EQ(4U, message.log_damaged().sequence());
  EXPECT_FALSE(Next());
  EXPECT_EQ(now_ + Conversation::kAnswerLimit, conversation_.deadline()) << "its answer is awaited";
}

TEST_F(ConversationTest, KeepsToTheWindow) {
  outbox_.Append(BatchSizer::kFirst * 10);
  ASSERT_TRUE(Welcome(0).ok());
  for (std::size_t i = 0; i < Conversation::kWindow; ++i)
    EXPECT_TRUE(Next());
  EXPECT_FALSE(Next());
  ASSERT_EQ(BatchSizer::kFirst, Ack(BatchSizer::kFirst).value().acknowledged);
  EXPECT_TRUE(Next());
  EXPECT_FALSE(Next());
}

TEST_F(ConversationTest, OneAcknowledgementMayCoverSeveralBatches) {
  outbox_.Append(BatchSizer::kFirst * 4);
  ASSERT_TRUE(Welcome(0).ok());
  while (Next()) {
  }
  EXPECT_TRUE(Ack(BatchSizer::kFirst * 4).value().acknowledged);
  EXPECT_FALSE(conversation_.deadline());
  EXPECT_FALSE(Ack(BatchSizer::kFirst).value().acknowledged);
}

TEST_F(ConversationTest, WaitsForAnAcknowledgementOnlySoLong) {
  outbox_.Append(1);
  ASSERT_TRUE(Welcome(0).ok());
  EXPECT_FALSE(conversation_.deadline());
  ASSERT_TRUE(Next());
  EXPECT_EQ(now_ + Conversation::kAnswerLimit, conversation_.deadline());
}

TEST_F(ConversationTest, SendsNothingWhileARenewedCertificateIsAwaited) {
  outbox_.Append(BatchSizer::kFirst * 3);
  ASSERT_TRUE(Welcome(0).ok());
  ASSERT_TRUE(Next());
  now_ += std::chrono::seconds(5);
  proto::FromTerminal asked;
  ASSERT_TRUE(asked.ParseFromString(conversation_.AskRenewal("csr", now_)));
  EXPECT_EQ("csr", asked.renew().csr_der());
  EXPECT_TRUE(conversation_.renewing());
  EXPECT_FALSE(Next());
  ASSERT_TRUE(Ack(BatchSizer::kFirst).ok());
  EXPECT_FALSE(Next());
  EXPECT_EQ(now_ + Conversation::kAnswerLimit, conversation_.deadline());

  proto::FromCollector renewed;
  renewed.mutable_renewed()->set_certificate_der("der");
  EXPECT_EQ("der", conversation_.Take(renewed.SerializeAsString(), now_).value().renewed->certificate_der());
  EXPECT_FALSE(conversation_.deadline());
  EXPECT_TRUE(Next());
  EXPECT_EQ(ErrorCode::kInvalid, conversation_.Take(renewed.SerializeAsString(), now_).error().code);
}

TEST_F(ConversationTest, TheOldestAnswerAwaitedSetsTheDeadline) {
  outbox_.Append(1);
  ASSERT_TRUE(Welcome(0).ok());
  ASSERT_TRUE(Next());
  const Conversation::Time sent = now_;
  now_ += std::chrono::seconds(5);
  (void)conversation_.AskRenewal("csr", now_);
  EXPECT_EQ(sent + Conversation::kAnswerLimit, conversation_.deadline());
}

TEST_F(ConversationTest, BatchesStayUnderTheBoundInBytes) {
  outbox_.Append(30, 100'000);
  ASSERT_TRUE(Welcome(0).ok());
  const auto batch = Next();
  ASSERT_TRUE(batch);
  EXPECT_LE(batch->ByteSizeLong(), Conversation::kMaxBatchBytes + 4096);
  EXPECT_EQ(5, batch->payloads_size());
}

TEST_F(ConversationTest, NonsenseEndsIt) {
  outbox_.Append(3);
  EXPECT_EQ(ErrorCode::kInvalid, Ack(1).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, conversation_.Take("\xff\xff", now_).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, conversation_.Take("", now_).error().code);
  EXPECT_EQ(ErrorCode::kConflict, Welcome(4).error().code);
  ASSERT_TRUE(Welcome(1).ok());
  EXPECT_EQ(ErrorCode::kInvalid, Welcome(1).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, Ack(2).error().code);
  proto::FromCollector enrolled;
  enrolled.mutable_enrolled();
  EXPECT_EQ(ErrorCode::kInvalid, conversation_.Take(enrolled.SerializeAsString(), now_).error().code);
}

TEST_F(ConversationTest, ALongRefusalIsCutShort) {
  proto::FromCollector message;
  for (int i = 0; i < 10'000; ++i)
    message.mutable_refused()->mutable_detail()->append("関");
  const std::string detail = conversation_.Take(message.SerializeAsString(), now_).value().refused->detail();
  EXPECT_LE(detail.size(), 512U);
  EXPECT_EQ("関…", detail.substr(detail.size() - 6)) << "cut between characters";
}

}  // namespace
}  // namespace sekimori::channel
