// What intake relies on: batches exactly once, heads checked, gaps and disputes kept apart.
#include <gtest/gtest.h>

#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

Status StoreOne(Collector& collector, const Batch& batch) {
  const Result<std::vector<Status>> stored = collector.writer().StoreBatches({&batch, 1}, collector.own_key());
  return stored.ok() ? stored.value().at(0) : Status(stored.error());
}

ErrorCode CodeOf(const Status& status) {
  return status.ok() ? ErrorCode::kInternal : status.error().code;
}

std::uint64_t CountEvents(Collector& collector, const std::string& terminal) {
  std::uint64_t count = 0;
  const Status visited = collector.reader().VisitEvents({}, [&](const StoredEvent& event) {
    if (event.terminal == terminal) ++count;
    return true;
  });
  EXPECT_TRUE(visited.ok());
  return count;
}

TEST(StoreBatches, StoresRecordsAndMovesTheHead) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.Store(*terminal.Prepare({Judged(10, "stick", proto::VERDICT_DENY), Tampered(20)}));
  collector.Store(*terminal.Prepare({Judged(30, "stick", proto::VERDICT_DENY)}));
  const Result<Terminal> found = collector.reader().FindTerminal("t1");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(terminal.head(), found.value().head);
  EXPECT_EQ(3U, found.value().head.sequence);
  EXPECT_EQ(terminal.head().hash, collector.reader().HashAt("t1", 3).value());
  EXPECT_EQ(ErrorCode::kNotFound, collector.reader().HashAt("t1", 4).error().code);
}

TEST(StoreBatches, RefusesTheSameBatchTwice) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const auto batch = terminal.Prepare({Tampered(10)});
  collector.Store(*batch);
  EXPECT_EQ(ErrorCode::kConflict, CodeOf(StoreOne(collector, batch->batch)));
  EXPECT_EQ(1U, CountEvents(collector, "t1"));
}

TEST(StoreBatches, StoresTheOthersWhenOneIsRefused) {
  Collector collector;
  FakeTerminal good("good", 1), moved("moved", 2), revoked("revoked", 3), unknown("unknown", 4), late("late", 5);
  for (const FakeTerminal* terminal : {&good, &moved, &revoked, &late})
    collector.Enrol(*terminal);
  collector.Store(*moved.Prepare({Tampered(1)}));
  moved.set_head({0, chain::GenesisHash(moved.log_id())});
  ASSERT_TRUE(
      collector.writer().RevokeTerminal("revoked", 9, "lost", collector.Record("terminal.revoke", "revoked")).ok());
  std::vector<std::unique_ptr<PreparedBatch>> prepared;
  std::vector<Batch> batches;
  for (FakeTerminal* terminal : {&good, &moved, &revoked, &unknown, &late}) {
    prepared.push_back(terminal->Prepare({Tampered(2)}));
    batches.push_back(prepared.back()->batch);
  }
  const Result<std::vector<Status>> stored = collector.writer().StoreBatches(batches, collector.own_key());
  ASSERT_TRUE(stored.ok()) << ToString(stored.error());
  ASSERT_EQ(5U, stored.value().size());
  EXPECT_TRUE(stored.value()[0].ok());
  EXPECT_EQ(ErrorCode::kConflict, CodeOf(stored.value()[1]));
  EXPECT_EQ(ErrorCode::kDenied, CodeOf(stored.value()[2]));
  EXPECT_EQ(ErrorCode::kNotFound, CodeOf(stored.value()[3]));
  EXPECT_TRUE(stored.value()[4].ok());
  EXPECT_EQ(1U, CountEvents(collector, "good"));
  EXPECT_EQ(1U, CountEvents(collector, "moved"));
  EXPECT_EQ(0U, CountEvents(collector, "revoked"));
  EXPECT_EQ(1U, CountEvents(collector, "late"));
}

TEST(StoreBatches, RefusesBatchesThatDoNotHangTogether) {
  struct Case {
    const char* name;
    void (*spoil)(PreparedBatch&);
  };
  const Case cases[] = {
      {"a record is missing", [](PreparedBatch& b) { b.records[1].sequence = 3; }},
      {"no records", [](PreparedBatch& b) { b.batch.records = {}; }},
      {"the checkpoint is over another hash", [](PreparedBatch& b) { b.batch.checkpoint.head.hash[0] ^= 1; }},
      {"the checkpoint is over another sequence", [](PreparedBatch& b) { b.batch.checkpoint.head.sequence = 1; }},
      {"the checkpoint is another log's", [](PreparedBatch& b) { b.batch.checkpoint.log_id[0] ^= 1; }},
      {"it follows on another hash", [](PreparedBatch& b) { b.batch.base.hash[0] ^= 1; }},
      {"sequence beyond 63 bits", [](PreparedBatch& b) { b.batch.base.sequence = UINT64_MAX - 1; }},
  };
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (const Case& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    terminal.set_head({0, chain::GenesisHash(terminal.log_id())});
    const auto batch = terminal.Prepare({Tampered(1), Tampered(2)});
    wrong.spoil(*batch);
    EXPECT_EQ(ErrorCode::kInvalid, CodeOf(StoreOne(collector, batch->batch)));
  }
  EXPECT_EQ(0U, CountEvents(collector, "t1"));
  EXPECT_EQ(0U, collector.reader().FindTerminal("t1").value().head.sequence);
}

TEST(StoreBatches, NeverWritesToTheOwnChain) {
  Collector collector;
  FakeTerminal terminal(std::string(kOwnLog), 0xee);
  const auto batch = terminal.Prepare({Tampered(1)});
  EXPECT_EQ(ErrorCode::kDenied, CodeOf(StoreOne(collector, batch->batch)));
}

TEST(StoreBatches, WritesDownAGap) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.Store(*terminal.Prepare({Tampered(1)}));
  const chain::Head before = terminal.head();
  terminal.Skip(5);
  const chain::Head base = terminal.head();
  const auto batch = terminal.Prepare({Tampered(2)});
  batch->batch.stored_head = before;
  collector.Store(*batch);
  std::vector<Gap> gaps;
  const Status visited =
      collector.reader().VisitChains({"t1"}, [&](std::span<const ChainFacts> facts) -> ChainVisitor* {
        gaps = facts[0].gaps;
        return nullptr;
      });
  ASSERT_TRUE(visited.ok());
  ASSERT_EQ(1U, gaps.size());
  EXPECT_EQ(before, gaps[0].last_before);
  EXPECT_EQ(base, gaps[0].base);
  EXPECT_EQ(terminal.head(), collector.reader().FindTerminal("t1").value().head);
}

// Alarms in the own chain that carry a gap's edges.
std::vector<proto::CollectorAlarm> GapAlarms(Collector& collector) {
  std::vector<proto::CollectorAlarm> alarms;
  EventFilter filter;
  filter.types = {proto::Event::kCollectorAlarm};
  const Status visited = collector.reader().VisitEvents(filter, [&](const StoredEvent& stored) {
    proto::Event event;
    EXPECT_TRUE(event.ParseFromString(stored.payload));
    if (event.collector_alarm().has_gap()) alarms.push_back(event.collector_alarm());
    return true;
  });
  EXPECT_TRUE(visited.ok());
  return alarms;
}

TEST(StoreBatches, AcceptsNoGapWithoutAnAlarmOfJustThisGap) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.Store(*terminal.Prepare({Tampered(1)}));
  std::vector<Batch> batches;
  std::vector<std::unique_ptr<PreparedBatch>> prepared;
  for (int i = 0; i < 2; ++i) {
    const chain::Head before = terminal.head();
    terminal.Skip(5);
    prepared.push_back(terminal.Prepare({Tampered(2)}));
    prepared.back()->batch.stored_head = before;
    prepared.back()->batch.peer = "192.0.2.7:5";
    batches.push_back(prepared.back()->batch);
  }
  const auto stored = collector.writer().StoreBatches(batches, collector.own_key());
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(stored.value()[0].ok() && stored.value()[1].ok());
  const std::vector<proto::CollectorAlarm> alarms = GapAlarms(collector);
  ASSERT_EQ(2U, alarms.size()) << "the second gap has no alarm";
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(proto::ALARM_GAP, alarms[i].kind());
    EXPECT_EQ("t1", alarms[i].terminal_id());
    EXPECT_EQ("192.0.2.7:5", alarms[i].peer());
    EXPECT_EQ(batches[i].stored_head.sequence, alarms[i].gap().before_sequence());
    EXPECT_EQ(signing::AsBytes(batches[i].stored_head.hash), alarms[i].gap().before_hash());
    EXPECT_EQ(batches[i].base.sequence, alarms[i].gap().base_sequence());
    EXPECT_EQ(signing::AsBytes(batches[i].base.hash), alarms[i].gap().base_hash());
  }
}

TEST(StoreBatches, RefusesAGapWhoseAlarmCannotBeSigned) {
  Collector collector;
  FakeTerminal terminal("t1", 1), whole("t2", 2);
  collector.Enrol(terminal);
  collector.Enrol(whole);
  terminal.Skip(5);
  const auto gap = terminal.Prepare({Tampered(1)});
  gap->batch.stored_head = {0, chain::GenesisHash(terminal.log_id())};
  const auto good = whole.Prepare({Tampered(1)});
  const std::vector<Batch> batches{gap->batch, good->batch};
  const auto stored = collector.writer().StoreBatches(batches, terminal.key());
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(ErrorCode::kUntrusted, CodeOf(stored.value()[0]));
  EXPECT_TRUE(stored.value()[1].ok());
  EXPECT_EQ(0U, CountEvents(collector, "t1"));
  EXPECT_TRUE(GapAlarms(collector).empty());
}

TEST(StoreDisputed, KeepsEvidenceUpToItsBound) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  std::vector<DisputedRecord> records(kMaxDisputedRecords + 10,
                                      DisputedRecord{"t1", 7, "payload", proto::ALARM_FORK, "192.0.2.7", 50});
  EXPECT_EQ(kMaxDisputedRecords, collector.writer().StoreDisputed(records).value());
  EXPECT_EQ(0U, collector.writer().StoreDisputed({records.data(), 1}).value());
  const auto listed = collector.reader().ListDisputed("t1");
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(kMaxDisputedRecords, listed.value().size());
  EXPECT_EQ("payload", listed.value()[0].payload);
  EXPECT_EQ(proto::ALARM_FORK, listed.value()[0].why);
  EXPECT_EQ("192.0.2.7", listed.value()[0].peer);
}

TEST(StoreDisputed, BoundsTheBytesToo) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const std::string big(kMaxDisputedBytes / 2, 'x');
  std::vector<DisputedRecord> records(3, DisputedRecord{"t1", 7, big, proto::ALARM_FORK, "", 50});
  EXPECT_EQ(2U, collector.writer().StoreDisputed(records).value());
}

std::vector<std::uint64_t> CheckpointsOf(Collector& collector, std::string_view terminal) {
  struct Count : ChainVisitor {
    bool Record(const RecordView&) override { return true; }
    bool Checkpoint(std::size_t, const chain::Checkpoint& checkpoint, const signing::Sha256Hash&) override {
      at.push_back(checkpoint.head.sequence);
      return true;
    }
    std::vector<std::uint64_t> at;
  } count;
  EXPECT_TRUE(collector.reader().VisitChains({terminal}, [&](std::span<const ChainFacts>) { return &count; }).ok());
  return count.at;
}

TEST(Checkpoints, KeepTheLastOfEverySpanAndTheNewest) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (int i = 0; i < 25; ++i)
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(100, Tampered(i))));
  EXPECT_EQ((std::vector<std::uint64_t>{1000, 2000, 2500}), CheckpointsOf(collector, "t1"));
}

TEST(Checkpoints, KeepTheOneOverTheLastRecordBeforeAGap) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (int i = 0; i < 3; ++i) {
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(50, Tampered(i))));
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(50, Tampered(i))));
    const chain::Head before = terminal.head();
    terminal.Skip(100);
    const auto after = terminal.Prepare({Tampered(i)});
    after->batch.stored_head = before;
    collector.Store(*after);
  }
  EXPECT_EQ((std::vector<std::uint64_t>{100, 301, 502, 603}), CheckpointsOf(collector, "t1"));
}

}  // namespace
}  // namespace sekimori::store
