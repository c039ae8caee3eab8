#include "agent/cli/record.h"

#include <algorithm>

#include <google/protobuf/util/json_util.h>

#include "agent/cli/wording.h"
#include "proto/signing/sha256.h"
#include "proto/words/describe.h"
#include "proto/words/printable.h"

namespace sekimori::cli {

namespace {

std::string EventJson(const Record& record) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const bool made = record.readable && google::protobuf::util::MessageToJsonString(record.event, &json, options).ok();
  return made ? json : "null";
}

std::string Type(const Record& record) {
  return record.readable ? words::EventType(record.event) : "unreadable";
}

std::string Outcome(const Record& record) {
  return record.readable ? words::EventOutcome(record.event) : "alarm";
}

std::string OutcomeText(words::Language language, const Record& record) {
  return record.readable ? words::OutcomeText(language, record.event) : words::Say(language, "outcome.alarm");
}

std::string Description(words::Language language, const Record& record) {
  return record.readable ? words::DescribeEvent(language, record.event) : words::Say(language, "cli_log.unreadable");
}

// To `columns` columns, wide characters counted as two.
std::string Padded(std::string text, std::size_t columns) {
  const std::size_t width = words::DisplayWidth(text);
  return width < columns ? text + std::string(columns - width, ' ') : text;
}

constexpr std::size_t kOutcomeColumns = 8;

}  // namespace

Record RecordOf(const audit_log::StoredRecord& stored) {
  Record record;
  record.sequence = stored.sequence;
  record.hash = signing::Hex(stored.hash);
  record.readable = record.event.ParseFromString(stored.payload);
  return record;
}

bool Passes(const Filter& filter, const Record& record) {
  const auto among = [](const std::vector<std::string>& wanted, const std::string& found) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), found) != wanted.end();
  };
  // When an unreadable record was made nobody knows: it belongs to every period.
  const bool in_time =
      !record.readable || (record.event.time_us() >= filter.since_us && record.event.time_us() < filter.until_us);
  return in_time && among(filter.types, Type(record)) && among(filter.outcomes, Outcome(record));
}

std::string RecordLine(words::Language language, const Record& record) {
  return TimeText(record.event.time_us()) + "  " + Padded(OutcomeText(language, record), kOutcomeColumns) + "  " +
         Description(language, record);
}

std::string RecordJson(words::Language language, const Record& record) {
  const Json object = {{"sequence", record.sequence},
                       {"time", TimeJson(record.event.time_us())},
                       {"type", Type(record)},
                       {"outcome", Outcome(record)},
                       {"users", record.readable ? words::EventUsers(record.event) : ""},
                       {"device", record.readable ? words::EventDeviceText(language, record.event) : ""},
                       {"description", Description(language, record)},
                       {"hash", record.hash}};
  std::string text = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  // The event is JSON already and is put in as it is, rather than parsed to be printed again.
  text.pop_back();
  return words::PrintableJson(text + ",\"event\":" + EventJson(record) + "}");
}

std::vector<std::string> CsvHeading(words::Language language) {
  std::vector<std::string> heading;
  for (const char* key : {"cli_log.sequence", "cli_log.time", "cli_log.type", "cli_log.outcome", "cli_log.users",
                          "cli_log.device", "cli_log.description", "cli_log.hash"})
    heading.push_back(words::Say(language, key));
  return heading;
}

std::vector<std::string> CsvCells(words::Language language, const Record& record) {
  return {std::to_string(record.sequence),
          TimeText(record.event.time_us()),
          Type(record),
          OutcomeText(language, record),
          record.readable ? words::EventUsers(record.event) : "",
          record.readable ? words::EventDeviceText(language, record.event) : "",
          Description(language, record),
          record.hash};
}

}  // namespace sekimori::cli
