#include "agent/log_outbox.h"

#include "agent/log_keeper.h"
#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::agent {
namespace {

using audit_log::Note;

// The log as the deciding thread keeps it, and as the uplink reads it.
class LogOutboxTest : public audit_log::LogFixture {
 protected:
  void SetUp() override {
    LogFixture::SetUp();
    keeper_ = std::make_unique<LogKeeper>(LogKeeper::Terms{path_, kBootId, std::chrono::hours{1}}, key_, clock_);
    outbox_ = std::make_unique<LogOutbox>(path_, [this] { return keeper_->generation(); });
  }
  Status Append(const std::string& reason) {
    const model::Event event = Note(reason);
    return keeper_->Append({&event, 1});
  }
  // Another log takes its place, as after damage.
  void ExchangeTheLog() {
    Sql("UPDATE log SET head_sequence = head_sequence + 7");
    EXPECT_FALSE(Append("refused").ok());
    ASSERT_TRUE(Append("in the new log").ok());
  }
  [[nodiscard]] std::uint64_t HeadSequence() const {
    const auto head = outbox_->Head();
    EXPECT_TRUE(head.ok());
    return head.ok() ? head.value().sequence : 0;
  }

  std::unique_ptr<LogKeeper> keeper_;
  std::unique_ptr<LogOutbox> outbox_;
};

TEST_F(LogOutboxTest, HasNothingBeforeTheLogIsOpen) {
  EXPECT_EQ(outbox_->log_id(), (std::array<std::uint8_t, 16>{}));
  EXPECT_EQ(outbox_->Head().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outbox_->Base().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outbox_->HashAt(1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outbox_->Read(0, 10, 1 << 20).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outbox_->Acknowledged().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outbox_->SetAcknowledged(1).error().code, ErrorCode::kUnavailable);
}

TEST_F(LogOutboxTest, ReadsWhatIsAppendedAsItIsAppended) {
  ASSERT_TRUE(Append("first").ok());
  EXPECT_EQ(HeadSequence(), 1U);
  ASSERT_TRUE(Append("second").ok());
  EXPECT_EQ(HeadSequence(), 2U);
  const auto records = outbox_->Read(1, 10, 1 << 20);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records.value().size(), 1U);
  EXPECT_EQ(records.value()[0].sequence, 2U);
  EXPECT_EQ(records.value()[0].hash, keeper_->Head().hash);
  EXPECT_EQ(outbox_->HashAt(2).value(), keeper_->Head().hash);
  EXPECT_EQ(outbox_->Base().value().sequence, 0U);
}

TEST_F(LogOutboxTest, KeepsWhatTheCollectorHasAcknowledgedInTheLog) {
  ASSERT_TRUE(Append("first").ok());
  ASSERT_TRUE(outbox_->SetAcknowledged(1).ok());
  EXPECT_EQ(outbox_->Acknowledged().value(), 1U);
  EXPECT_EQ(OpenReader()->Acknowledged().value(), 1U);
  EXPECT_TRUE(Append("second").ok()) << "the watermark is no change of the log underneath";
}

TEST_F(LogOutboxTest, FollowsALogThatTakesThePlaceOfAnother) {
  ASSERT_TRUE(Append("first").ok());
  ASSERT_TRUE(Append("second").ok());
  ASSERT_TRUE(outbox_->SetAcknowledged(2).ok());
  const auto before = outbox_->log_id();
  ExchangeTheLog();
  EXPECT_NE(outbox_->log_id(), before);
  EXPECT_EQ(outbox_->log_id(), OpenReader()->log_id());
  EXPECT_EQ(outbox_->Acknowledged().value(), 0U);
  EXPECT_EQ(HeadSequence(), keeper_->Head().sequence);
}

TEST_F(LogOutboxTest, RecoversWhenTheLogOpensLater) {
  EXPECT_FALSE(outbox_->Head().ok());
  ASSERT_TRUE(Append("first").ok());
  EXPECT_EQ(HeadSequence(), 1U);
}

}  // namespace
}  // namespace sekimori::agent
