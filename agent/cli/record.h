// A record of the log as `sekimori log` shows it, and the filter it is held against. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "agent/audit_log/log_store.h"
#include "agent/cli/console.h"
#include "proto/event.pb.h"
#include "proto/words/words.h"

namespace sekimori::cli {

// Everything asked for must hold; empty means not asked.
struct Filter {
  std::int64_t since_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();  // exclusive
  std::vector<std::string> types = {};                               // words::EventType
  std::vector<std::string> outcomes = {};                            // words::EventOutcome
};

// A record that does not parse is shown as such, never left out.
struct Record {
  std::uint64_t sequence = 0;
  std::string hash;  // hexadecimal
  bool readable = false;
  proto::Event event;
};

[[nodiscard]] Record RecordOf(const audit_log::StoredRecord& stored);
[[nodiscard]] bool Passes(const Filter& filter, const Record& record);

// "2026-11-21T16:38:39+09:00  拒否  …": one line without its end.
[[nodiscard]] std::string RecordLine(words::Language language, const Record& record);
// One object, without a line end; the whole event in it.
[[nodiscard]] std::string RecordJson(words::Language language, const Record& record);
[[nodiscard]] std::vector<std::string> CsvHeading(words::Language language);
[[nodiscard]] std::vector<std::string> CsvCells(words::Language language, const Record& record);

}  // namespace sekimori::cli
