// The log's tables: made, and recognised exactly. agent/audit_log/FORMAT.md. Inside of audit_log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "agent/sqlite/sqlite.h"
#include "proto/chain/chain.h"
#include "proto/result.h"

namespace sekimori::audit_log {

using sqlite::Database;
using sqlite::Statement;

inline constexpr std::int64_t kApplicationId = 0x534b4c47;  // "SKLG"
inline constexpr std::int64_t kSchemaVersion = 1;
// No stored payload is longer; encode.h keeps every event far below.
inline constexpr std::size_t kMaxPayload = std::size_t{128} << 10;

// The one row of table `log`.
struct LogRow {
  chain::LogId log_id{};
  chain::Head base;             // what the first kept record follows on
  std::uint64_t pruned_at = 0;  // record that tells of the last pruning; 0 when there was none
  chain::Head head;             // newest record, or the base
  std::uint64_t acknowledged = 0;
  bool clean_stop = false;
};

// In an empty database: everything, in WAL mode, with no records.
[[nodiscard]] Status CreateSchema(Database& database, const chain::LogId& log_id);
// kCorrupt: not a log of ours, or its tables were altered. kUnsupported: written by a newer version.
[[nodiscard]] Status CheckSchema(Database& database);
[[nodiscard]] Result<LogRow> ReadLogRow(Database& database);

// kCorrupt when the blob has another length.
[[nodiscard]] Result<chain::Hash> HashOf(std::string_view blob, std::string_view what, std::uint64_t sequence);

}  // namespace sekimori::audit_log
