// A stored event as sekimorictl shows it: as a row, a CSV line, a JSON line. Pure, but for the local time zone.
#pragma once

#include <string>
#include <vector>

#include "proto/words/words.h"
#include "server/store/values.h"

namespace sekimori::ctl {

// Everything in words. Strings that came from a terminal are made printable.
struct EventLine {
  store::Cursor cursor = 0;
  std::int64_t time_us = 0, received_us = 0;
  std::string terminal, hostname, group;
  std::string host;  // for tables: the host name and the beginning of the id, for names are the terminals' own words
  std::uint64_t sequence = 0;
  std::string type;          // stable name
  std::string outcome;       // stable name
  std::string outcome_text;  // in the reader's language
  std::string users, device;
  std::uint64_t policy_version = 0;
  std::string description;
  std::string told;        // for tables: the description, and when it was received if that was not at once
  std::string hash;        // hexadecimal
  std::string event_json;  // the whole event; "null" when it is not readable
};

[[nodiscard]] EventLine LineOf(words::Language language, const store::StoredEvent& stored, bool with_event_json);

// One JSON object without a line end.
[[nodiscard]] std::string JsonLine(const EventLine& line);

[[nodiscard]] std::vector<std::string> CsvHeading(words::Language language);
[[nodiscard]] std::vector<std::string> CsvCells(const EventLine& line);

}  // namespace sekimori::ctl
