#include "agent/cli/record.h"

#include <gtest/gtest.h>

namespace sekimori::cli {
namespace {

constexpr words::Language kEnglish = words::Language::kEnglish;
// 2026-11-21T07:38:39Z
constexpr std::int64_t kTime = 1'795'246'719'000'000;

audit_log::StoredRecord Stored(const proto::Event& event) {
  return {7, {0xab}, event.SerializeAsString()};
}

proto::Event Judged(proto::Verdict verdict, const std::string& name = "Stick") {
  proto::Event event;
  event.set_time_us(kTime);
  proto::DeviceJudged& judged = *event.mutable_device_judged();
  judged.set_mode(proto::MODE_ENFORCE);
  judged.mutable_device()->set_product_name(name);
  judged.mutable_device()->set_port_path("1-2");
  judged.mutable_decision()->set_verdict(verdict);
  judged.mutable_decision()->set_basis(proto::BASIS_DEFAULT);
  judged.add_users("tanaka");
  return event;
}

audit_log::StoredRecord Damaged() {
  return {8, {}, "\xff\xff\xff"};
}

TEST(RecordOf, KeepsWhatItCannotRead) {
  const Record record = RecordOf(Damaged());
  EXPECT_FALSE(record.readable);
  EXPECT_EQ(record.sequence, 8U);
  EXPECT_NE(RecordLine(kEnglish, record).find("cannot be read"), std::string::npos);
}

TEST(Filter, AsksEveryCondition) {
  const Record record = RecordOf(Stored(Judged(proto::VERDICT_DENY)));
  EXPECT_TRUE(Passes({}, record));
  EXPECT_TRUE(Passes({.since_us = kTime, .until_us = kTime + 1}, record));
  EXPECT_FALSE(Passes({.since_us = kTime + 1}, record));
  EXPECT_FALSE(Passes({.until_us = kTime}, record));
  EXPECT_TRUE(Passes({.types = {"agent_started", "device_judged"}}, record));
  EXPECT_FALSE(Passes({.types = {"agent_started"}}, record));
  EXPECT_TRUE(Passes({.outcomes = {"refused"}}, record));
  EXPECT_FALSE(Passes({.outcomes = {"allowed"}}, record));
}

TEST(Filter, NeverHidesADamagedRecordByTime) {
  EXPECT_TRUE(Passes({.since_us = kTime, .until_us = kTime + 1}, RecordOf(Damaged())));
  EXPECT_TRUE(Passes({.outcomes = {"alarm"}}, RecordOf(Damaged())));
}

TEST(RecordLine, IsOneLineWhateverTheDeviceCallsItself) {
  const Record record = RecordOf(Stored(Judged(proto::VERDICT_DENY, "Stick\n2026-11-21 allowed\x1b[2J")));
  const std::string line = RecordLine(kEnglish, record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(RecordJson, IsOneObjectWithTheWholeEvent) {
  const std::string text = RecordJson(kEnglish, RecordOf(Stored(Judged(proto::VERDICT_ALLOW))));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["sequence"], 7);
  EXPECT_EQ(json["type"], "device_judged");
  EXPECT_EQ(json["outcome"], "allowed");
  EXPECT_EQ(json["users"], "tanaka");
  EXPECT_EQ(json["time"], "2026-11-21T07:38:39.000000Z");
  EXPECT_EQ(json["event"]["device_judged"]["decision"]["verdict"], "VERDICT_ALLOW");
  EXPECT_EQ(json["hash"].get<std::string>().substr(0, 4), "ab00");
}

TEST(RecordJson, OfADamagedRecordIsJsonToo) {
  const Json json = Json::parse(RecordJson(kEnglish, RecordOf(Damaged())));
  EXPECT_EQ(json["type"], "unreadable");
  EXPECT_TRUE(json["event"].is_null());
}

TEST(Csv, HasAsManyCellsAsHeadings) {
  EXPECT_EQ(CsvHeading(kEnglish).size(), CsvCells(kEnglish, RecordOf(Stored(Judged(proto::VERDICT_DENY)))).size());
  EXPECT_EQ(CsvHeading(kEnglish).size(), CsvCells(kEnglish, RecordOf(Damaged())).size());
}

}  // namespace
}  // namespace sekimori::cli
