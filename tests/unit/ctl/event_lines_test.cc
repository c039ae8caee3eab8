#include "server/ctl/event_lines.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/ctl/times.h"

namespace sekimori::ctl {
namespace {

// A device that calls itself what would do most harm on a screen, in a spreadsheet and in JSON.
store::StoredEvent Hostile() {
  proto::Event event;
  event.mutable_device_judged()->mutable_device()->set_product_name(
      "=cmd|' /C calc'!A0\x1b]0;owned\x07\r\nforged,\"line\"");
  event.mutable_device_judged()->mutable_device()->set_serial("\u202Egnp.exe");
  event.mutable_device_judged()->mutable_decision()->set_verdict(proto::VERDICT_DENY);
  event.mutable_device_judged()->set_mode(proto::MODE_ENFORCE);
  event.mutable_device_judged()->add_users("tanaka\x1b[31m");
  store::StoredEvent stored;
  stored.cursor = 7;
  stored.terminal = "t1";
  stored.hostname = "host\x1b[2J";
  stored.sequence = 3;
  stored.time_us = 1'795'186'800'000'000;
  stored.payload = event.SerializeAsString();
  return stored;
}

store::StoredEvent OwnRecord() {
  proto::Event event;
  event.mutable_operator_action()->set_operator_("suzuki");
  event.mutable_operator_action()->set_action("terminal.revoke");
  event.mutable_operator_action()->set_succeeded(true);
  store::StoredEvent stored;
  stored.terminal = store::kOwnLog;
  stored.payload = event.SerializeAsString();
  return stored;
}

bool HasControl(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

TEST(LineOf, LetsNothingHostileThrough) {
  for (const words::Language language : {words::Language::kJapanese, words::Language::kEnglish}) {
    const EventLine line = LineOf(language, Hostile(), true);
    for (const std::string& text : {line.hostname, line.users, line.device, line.description}) {
      EXPECT_FALSE(HasControl(text)) << text;
      EXPECT_EQ(std::string::npos, text.find("\u202E")) << text;
    }
    EXPECT_EQ("refused", line.outcome);
    EXPECT_EQ("device_judged", line.type);
  }
}

TEST(JsonLine, IsOneLineOfJsonWithTheWholeEvent) {
  const std::string line = JsonLine(LineOf(words::Language::kEnglish, Hostile(), true));
  EXPECT_EQ(std::string::npos, line.find('\n'));
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded()) << line;
  EXPECT_EQ("7", parsed["cursor"]);
  EXPECT_EQ(3, parsed["sequence"]);
  EXPECT_EQ("2026-11-20T15:00:00.000000Z", parsed["time"]);
  EXPECT_EQ("VERDICT_DENY", parsed["event"]["device_judged"]["decision"]["verdict"]);
}

TEST(LineOf, TellsTerminalsOfOneNameApart) {
  store::StoredEvent stored = Hostile();
  stored.hostname = "pc-17";
  stored.terminal = "0f0e0d0c-0b0a-0908-0706-050403020100";
  EXPECT_EQ("pc-17 (0f0e0d0c)", LineOf(words::Language::kEnglish, stored, false).host);
  EXPECT_EQ("pc-17", LineOf(words::Language::kEnglish, stored, false).hostname);
  stored.hostname = std::string(200, 'x');
  EXPECT_NE(std::string::npos, LineOf(words::Language::kEnglish, stored, false).host.find("(0f0e0d0c)"));
  stored.hostname = LineOf(words::Language::kEnglish, OwnRecord(), false).host;
  EXPECT_NE(stored.hostname, LineOf(words::Language::kEnglish, stored, false).host)
      << "a terminal passes for the collector";
}

TEST(LineOf, DoesNotTakeATerminalsWordForTheCollectors) {
  store::StoredEvent stored = OwnRecord();
  const EventLine own = LineOf(words::Language::kEnglish, stored, false);
  EXPECT_EQ("info", own.outcome);
  EXPECT_EQ("suzuki", own.users);
  stored.terminal = "0f0e0d0c-0b0a-0908-0706-050403020100";
  stored.hostname = "pc-17";
  const EventLine line = LineOf(words::Language::kEnglish, stored, false);
  EXPECT_EQ("alarm", line.outcome);
  EXPECT_EQ("", line.users);
  EXPECT_NE(own.description, line.description);
  EXPECT_NE(std::string::npos, line.description.find(own.description)) << "what it claims is not told";
}

TEST(LineOf, SaysWhenItWasReceivedWhenThatWasNotAtOnce) {
  store::StoredEvent stored = Hostile();
  stored.received_us = stored.time_us + 60'000'000;
  EXPECT_EQ(LineOf(words::Language::kEnglish, stored, false).told,
            LineOf(words::Language::kEnglish, stored, false).description);
  for (const std::int64_t apart : {std::int64_t{-11}, std::int64_t{11}, std::int64_t{60 * 24 * 365}}) {
    stored.received_us = stored.time_us + apart * 60'000'000;
    const EventLine line = LineOf(words::Language::kEnglish, stored, false);
    EXPECT_NE(std::string::npos, line.told.find(TimeText(line.received_us))) << line.told;
    EXPECT_NE(std::string::npos, line.told.find(line.description));
  }
  stored.time_us = INT64_MIN;
  EXPECT_NE(LineOf(words::Language::kEnglish, stored, false).told,
            LineOf(words::Language::kEnglish, stored, false).description);
}

TEST(LineOf, SaysThatARecordIsUnreadable) {
  store::StoredEvent stored = Hostile();
  stored.payload = "\xff\xff\xff";
  const EventLine line = LineOf(words::Language::kEnglish, stored, true);
  EXPECT_EQ("unreadable", line.type);
  EXPECT_EQ("alarm", line.outcome);
  EXPECT_FALSE(line.description.empty());
  EXPECT_TRUE(nlohmann::json::parse(JsonLine(line))["event"].is_null());
}

TEST(CsvCells, AgreeWithTheirHeading) {
  for (const words::Language language : {words::Language::kJapanese, words::Language::kEnglish})
    EXPECT_EQ(CsvHeading(language).size(), CsvCells(LineOf(language, Hostile(), false)).size());
}

TEST(LineOf, NamesTheCollectorForItsOwnRecords) {
  store::StoredEvent stored = Hostile();
  stored.terminal = std::string(store::kOwnLog);
  EXPECT_EQ("Collector", LineOf(words::Language::kEnglish, stored, false).hostname);
}

}  // namespace
}  // namespace sekimori::ctl
