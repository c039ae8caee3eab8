#include "proto/chain/chain.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori::chain {
namespace {

using signing::Hex;

LogId CountingLogId() {
  LogId id{};
  for (std::size_t i = 0; i < id.size(); ++i)
    id[i] = static_cast<std::uint8_t>(i);
  return id;
}

struct Record {
  std::uint64_t sequence = 0;
  std::string payload;
  Hash hash{};
};

std::vector<Record> Chain(const LogId& id, std::initializer_list<std::string_view> payloads) {
  std::vector<Record> records;
  Head head{0, GenesisHash(id)};
  for (const std::string_view payload : payloads) {
    head = Head{head.sequence + 1, Link(head.hash, head.sequence + 1, payload)};
    records.push_back({head.sequence, std::string(payload), head.hash});
  }
  return records;
}

Status TakeAll(const std::vector<Record>& records) {
  Verifier verifier(Head{0, GenesisHash(CountingLogId())});
  for (const Record& record : records)
    if (Status taken = verifier.Take(record.sequence, record.payload, record.hash); !taken.ok()) return taken;
  return Status::Ok();
}

signing::SigningKey NewKey() {
  return std::move(signing::SigningKey::Generate()).value();
}

// The two constants were computed apart from this code, with Python's hashlib, from the words of FORMAT.md.
TEST(GenesisHash, IsTheHashOfDomainAndLogId) {
  EXPECT_EQ(Hex(GenesisHash(CountingLogId())), "eb9f141e037d4a0a5347237c11a2d2c23455257fe24c10b17833d240cd2df641");
}

TEST(Link, IsTheHashOfDomainPreviousSequenceAndPayload) {
  EXPECT_EQ(Hex(Link(GenesisHash(CountingLogId()), 1, "payload")),
            "8cb51a9ea268d3468a9aab471a5d3015680fcd194718d5e38b121f52f829db9e");
  EXPECT_EQ(Hex(Link(GenesisHash(CountingLogId()), 0x0102030405060708, "payload")),
            "93f1822f89a6c44ec20032fb193021cc0e2d0f694315d1a9fe942fce2405ea9d");
}

TEST(CheckpointBytes, AreDomainLogIdSequenceHashAndTime) {
  const Checkpoint checkpoint{CountingLogId(), {0x0102030405060708, GenesisHash(CountingLogId())}, -2, {}};
  EXPECT_EQ(Hex(CheckpointBytes(checkpoint)), Hex(std::string_view("sekimori checkpoint v1\0", 23)) +
                                                  Hex(CountingLogId()) + "0102030405060708" +
                                                  Hex(checkpoint.head.hash) + "fffffffffffffffe");
}

TEST(Verifier, TakesAnUnalteredChain) {
  const std::vector<Record> records = Chain(CountingLogId(), {"a", "", "c"});
  Verifier verifier(Head{0, GenesisHash(CountingLogId())});
  for (const Record& record : records)
    ASSERT_TRUE(verifier.Take(record.sequence, record.payload, record.hash).ok());
  EXPECT_EQ(verifier.head(), (Head{3, records[2].hash}));
}

TEST(Verifier, NamesTheFirstAlteredRecord) {
  struct Case {
    const char* name;
    std::function<void(std::vector<Record>&)> alter;
    ErrorCode code;
    const char* where;
  };
  const Case cases[] = {
      {"payload", [](auto& r) { r[1].payload = "B"; }, ErrorCode::kCorrupt, "record 2"},
      {"hash", [](auto& r) { r[1].hash[31] ^= 1; }, ErrorCode::kCorrupt, "record 2"},
      {"deleted", [](auto& r) { r.erase(r.begin() + 1); }, ErrorCode::kConflict, "record 3"},
      {"deleted and renumbered",
       [](auto& r) {
         r.erase(r.begin() + 1);
         r[1].sequence = 2;
       },
       ErrorCode::kCorrupt, "record 2"},
      {"swapped", [](auto& r) { std::swap(r[1], r[2]); }, ErrorCode::kConflict, "record 3"},
      {"swapped payloads", [](auto& r) { std::swap(r[1].payload, r[2].payload); }, ErrorCode::kCorrupt, "record 2"},
      {"repeated", [](auto& r) { r.insert(r.begin() + 1, r[0]); }, ErrorCode::kConflict, "record 1"},
      {"another log's", [](auto& r) { r = Chain(LogId{}, {"a"}); }, ErrorCode::kCorrupt, "record 1"},
  };
  for (const Case& one : cases) {
    std::vector<Record> records = Chain(CountingLogId(), {"a", "b", "c"});
    one.alter(records);
    const Status status = TakeAll(records);
    ASSERT_FALSE(status.ok()) << one.name;
    EXPECT_EQ(status.error().code, one.code) << one.name;
    EXPECT_EQ(status.error().where, one.where) << one.name;
  }
}

TEST(Verifier, StaysWhereItWasAfterAnError) {
  const std::vector<Record> records = Chain(CountingLogId(), {"a", "b"});
  Verifier verifier(Head{0, GenesisHash(CountingLogId())});
  ASSERT_TRUE(verifier.Take(1, "a", records[0].hash).ok());
  ASSERT_FALSE(verifier.Take(2, "x", records[1].hash).ok());
  EXPECT_EQ(verifier.head().sequence, 1U);
  EXPECT_TRUE(verifier.Take(2, "b", records[1].hash).ok());
}

TEST(VerifyCheckpoint, HoldsOnlyForTheSignedValuesAndKey) {
  const signing::SigningKey key = NewKey();
  const Head head{7, GenesisHash(CountingLogId())};
  const Result<Checkpoint> made = SignCheckpoint(key, CountingLogId(), head, 1'700'000'000'000'000);
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(VerifyCheckpoint(key.public_key(), made.value()).ok());

  const std::pair<const char*, std::function<void(Checkpoint&)>> changes[] = {
      {"log id", [](Checkpoint& c) { c.log_id[0] ^= 1; }},
      {"sequence", [](Checkpoint& c) { c.head.sequence += 1; }},
      {"hash", [](Checkpoint& c) { c.head.hash[0] ^= 1; }},
      {"time", [](Checkpoint& c) { c.time_us += 1; }},
      {"signature", [](Checkpoint& c) { c.signature.back() = static_cast<char>(c.signature.back() ^ 1); }},
      {"no signature", [](Checkpoint& c) { c.signature.clear(); }},
  };
  for (const auto& [name, change] : changes) {
    Checkpoint checkpoint = made.value();
    change(checkpoint);
    const Status status = VerifyCheckpoint(key.public_key(), checkpoint);
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, ErrorCode::kUntrusted) << name;
  }
  EXPECT_FALSE(VerifyCheckpoint(NewKey().public_key(), made.value()).ok());
}

}  // namespace
}  // namespace sekimori::chain
