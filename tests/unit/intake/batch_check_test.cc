#include "server/intake/batch_check.h"

#include <gtest/gtest.h>

#include "tests/unit/intake/made_batch.h"

namespace sekimori::intake {
namespace {

class BatchCheck : public ::testing::Test {
 protected:
  void SetUp() override { log_.Append(10); }
  std::variant<CheckedBatch, BatchFault> Check(proto::Batch batch) {
    message_ = std::make_unique<proto::Batch>(std::move(batch));
    return CheckBatch(message_, LogOwner{log_.log_id(), key_.public_key()}, 77);
  }
  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  MadeLog log_{key_};
  std::unique_ptr<proto::Batch> message_;
};

TEST_F(BatchCheck, AGoodBatchIsLinkedFromItsBaseToItsHead) {
  const auto verdict = Check(log_.Batch(4, 9));
  const auto* checked = std::get_if<CheckedBatch>(&verdict);
  ASSERT_NE(nullptr, checked);
  EXPECT_EQ(log_.HeadAt(3), checked->base);
  EXPECT_EQ(log_.HeadAt(9), checked->head);
  ASSERT_EQ(6U, checked->records.size());
  EXPECT_EQ(4U, checked->records.front().sequence);
  EXPECT_EQ(log_.HeadAt(4).hash, checked->records.front().hash);
  EXPECT_EQ(0U, checked->first_unreadable);
  EXPECT_EQ(nullptr, message_);
}

TEST_F(BatchCheck, EveryFaultIsNamedForWhatItIs) {
  struct Case {
    const char* name;
    proto::AlarmKind kind;
    void (*spoil)(proto::Batch&);
  };
  const Case cases[] = {
      {"no records", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.clear_payloads(); }},
      {"an empty record", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.mutable_payloads(1)->clear(); }},
      {"a record too large", proto::ALARM_UNSPECIFIED,
       [](proto::Batch& batch) { batch.mutable_payloads(1)->assign(kMaxRecordBytes + 1, 'x'); }},
      {"sequence 0", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.set_first_sequence(0); }},
      {"sequence at the end of numbers", proto::ALARM_UNSPECIFIED,
       [](proto::Batch& batch) { batch.set_first_sequence(UINT64_MAX - 1); }},
      {"no checkpoint", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.clear_checkpoint(); }},
      {"checkpoint over another record", proto::ALARM_UNSPECIFIED,
       [](proto::Batch& batch) { batch.mutable_checkpoint()->set_sequence(5); }},
      {"short previous hash", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.set_previous_hash("x"); }},
      {"another log", proto::ALARM_OTHER_LOG,
       [](proto::Batch& batch) { batch.mutable_checkpoint()->set_log_id(std::string(16, 'z')); }},
      {"no signature", proto::ALARM_BAD_SIGNATURE,
       [](proto::Batch& batch) { batch.mutable_checkpoint()->clear_signature(); }},
      {"another time than signed", proto::ALARM_BAD_SIGNATURE,
       [](proto::Batch& batch) { batch.mutable_checkpoint()->set_time_us(6); }},
      {"altered record", proto::ALARM_BROKEN_CHAIN,
       [](proto::Batch& batch) { batch.mutable_payloads(2)->append("x"); }},
      {"exchanged records", proto::ALARM_BROKEN_CHAIN,
       [](proto::Batch& batch) { batch.mutable_payloads()->SwapElements(0, 1); }},
      {"another base", proto::ALARM_BROKEN_CHAIN,
       [](proto::Batch& batch) { batch.set_previous_hash(std::string(32, 'p')); }},
      {"record left out", proto::ALARM_UNSPECIFIED,
       [](proto::Batch& batch) { batch.mutable_payloads()->DeleteSubrange(1, 1); }},
      {"shifted numbers", proto::ALARM_UNSPECIFIED, [](proto::Batch& batch) { batch.set_first_sequence(5); }},
  };
  for (const Case& one : cases) {
    proto::Batch batch = log_.Batch(4, 9);
    one.spoil(batch);
    const std::string evidence = batch.SerializeAsString();
    const auto verdict = Check(std::move(batch));
    const auto* fault = std::get_if<BatchFault>(&verdict);
    ASSERT_NE(nullptr, fault) << one.name;
    EXPECT_EQ(one.kind, fault->kind) << one.name << ": " << fault->detail;
    ASSERT_NE(nullptr, message_) << one.name;
    EXPECT_EQ(evidence, message_->SerializeAsString()) << one.name;
  }
}

TEST_F(BatchCheck, ARecordThatSpeaksAsTheCollectorPassesAsAnAlarm) {
  proto::Event event;
  event.mutable_operator_action()->set_operator_("suzuki");
  const std::string payload = event.SerializeAsString();
  proto::Batch batch = log_.Batch(1, 1);
  *batch.mutable_payloads(0) = payload;
  const chain::Hash hash = chain::Link(log_.HeadAt(0).hash, 1, payload);
  batch.mutable_checkpoint()->set_hash(std::string(hash.begin(), hash.end()));
  batch.mutable_checkpoint()->set_signature(chain::SignCheckpoint(key_, log_.log_id(), {1, hash}, 5).value().signature);
  const auto verdict = Check(std::move(batch));
  const auto* checked = std::get_if<CheckedBatch>(&verdict);
  ASSERT_NE(nullptr, checked);
  EXPECT_EQ(store::Severity::kAlarm, checked->records[0].index.severity);
  EXPECT_EQ("", checked->records[0].index.users);
}

TEST_F(BatchCheck, ARecordThatIsNoEventPassesWithItsNumber) {
  const signing::SigningKey& key = key_;
  proto::Batch batch = log_.Batch(1, 2);
  const std::string garbage = "\xff\xff\xff";
  *batch.mutable_payloads(1) = garbage;
  const chain::Hash hash = chain::Link(log_.HeadAt(1).hash, 2, garbage);
  batch.mutable_checkpoint()->set_hash(std::string(hash.begin(), hash.end()));
  batch.mutable_checkpoint()->set_signature(chain::SignCheckpoint(key, log_.log_id(), {2, hash}, 5).value().signature);
  const auto verdict = Check(std::move(batch));
  const auto* checked = std::get_if<CheckedBatch>(&verdict);
  ASSERT_NE(nullptr, checked);
  EXPECT_EQ(2U, checked->first_unreadable);
  EXPECT_EQ(store::Severity::kAlarm, checked->records[1].index.severity);
  EXPECT_EQ(77, checked->records[1].index.time_us);
}

}  // namespace
}  // namespace sekimori::intake
