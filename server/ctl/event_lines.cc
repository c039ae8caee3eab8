#include "server/ctl/event_lines.h"

#include <algorithm>

#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include "proto/event.pb.h"
#include "proto/words/describe.h"
#include "proto/words/printable.h"
#include "server/ctl/times.h"
#include "server/store/record_index.h"

namespace sekimori::ctl {

namespace {

std::string EventJson(const proto::Event& event) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  return google::protobuf::util::MessageToJsonString(event, &json, options).ok() ? json : "null";
}

constexpr std::size_t kHostWidth = 24;
constexpr std::size_t kShortId = 8;
// Further apart, the terminal was away, or its clock is wrong: then its own time alone would mislead.
constexpr std::uint64_t kAtOnceUs = 10 * std::uint64_t{60'000'000};

// The collector's own records carry no host name; its place in a table says whose they are.
std::string HostText(words::Language language, const store::StoredEvent& stored) {
  return stored.terminal == store::kOwnLog ? words::Say(language, "ctl_events.collector")
                                           : words::Printable(stored.hostname);
}

// A terminal calls itself what it likes, and so may another: what tells them apart is the id.
std::string HostWithId(const EventLine& line) {
  if (line.terminal == store::kOwnLog) return line.hostname;
  return words::CutToWidth(line.hostname, kHostWidth) + " (" + words::Printable(line.terminal.substr(0, kShortId)) +
         ")";
}

// Said under a terminal's signature, which is no word of the collector's.
void Disown(words::Language language, EventLine& line) {
  line.outcome = "alarm";
  line.outcome_text = words::Say(language, "outcome.alarm");
  line.users.clear();
  line.description = words::Say(language, "ctl_events.not_the_collector", {{"claim", line.description}});
}

void Read(words::Language language, const store::StoredEvent& stored, bool with_event_json, EventLine& line) {
  proto::Event event;
  if (!event.ParseFromString(stored.payload)) {
    line.type = "unreadable";
    line.outcome = "alarm";
    line.outcome_text = words::Say(language, "outcome.alarm");
    line.description = words::Say(language, "ctl_events.unreadable");
    return;
  }
  line.type = words::EventType(event);
  line.outcome = words::EventOutcome(event);
  line.outcome_text = words::OutcomeText(language, event);
  line.users = words::EventUsers(event);
  line.device = words::EventDeviceText(language, event);
  line.description = words::DescribeEvent(language, event);
  if (stored.terminal != store::kOwnLog && store::IsCollectorsWord(event)) Disown(language, line);
  if (with_event_json) line.event_json = EventJson(event);
}

}  // namespace

EventLine LineOf(words::Language language, const store::StoredEvent& stored, bool with_event_json) {
  EventLine line;
  line.cursor = stored.cursor;
  line.time_us = stored.time_us;
  line.received_us = stored.received_us;
  line.terminal = stored.terminal;
  line.hostname = HostText(language, stored);
  line.host = HostWithId(line);
  line.group = words::Printable(stored.group);
  line.sequence = stored.sequence;
  line.policy_version = stored.policy_version;
  line.hash = signing::Hex(stored.hash);
  line.event_json = "null";
  Read(language, stored, with_event_json, line);
  // Both may be any number; their distance as an unsigned one cannot overflow.
  const auto later = static_cast<std::uint64_t>(std::max(line.time_us, line.received_us));
  const auto earlier = static_cast<std::uint64_t>(std::min(line.time_us, line.received_us));
  line.told = later - earlier <= kAtOnceUs
                  ? line.description
                  : words::Say(language, "ctl_events.received_at",
                               {{"time", TimeText(line.received_us)}, {"text", line.description}});
  return line;
}

std::string JsonLine(const EventLine& line) {
  nlohmann::ordered_json object = {{"cursor", std::to_string(line.cursor)},
                                   {"time", TimeJson(line.time_us)},
                                   {"received", TimeJson(line.received_us)},
                                   {"terminal", line.terminal},
                                   {"hostname", line.hostname},
                                   {"group", line.group},
                                   {"sequence", line.sequence},
                                   {"type", line.type},
                                   {"outcome", line.outcome},
                                   {"users", line.users},
                                   {"device", line.device},
                                   {"policy_version", line.policy_version},
                                   {"description", line.description},
                                   {"hash", line.hash}};
  std::string text = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  // The event is JSON already and is put in as it is, rather than parsed to be printed again.
  text.pop_back();
  return words::PrintableJson(text + ",\"event\":" + line.event_json + "}");
}

std::vector<std::string> CsvHeading(words::Language language) {
  std::vector<std::string> heading;
  for (const char* key :
       {"ctl_events.time", "ctl_events.hostname", "ctl_events.group", "ctl_events.type", "ctl_events.outcome",
        "ctl_events.users", "ctl_events.device", "ctl_events.policy", "ctl_events.description", "ctl_events.terminal",
        "ctl_events.sequence", "ctl_events.hash", "ctl_events.received"})
    heading.push_back(words::Say(language, key));
  return heading;
}

std::vector<std::string> CsvCells(const EventLine& line) {
  return {TimeText(line.time_us),
          line.hostname,
          line.group,
          line.type,
          line.outcome_text,
          line.users,
          line.device,
          std::to_string(line.policy_version),
          line.description,
          line.terminal,
          std::to_string(line.sequence),
          line.hash,
          TimeText(line.received_us)};
}

}  // namespace sekimori::ctl
