// What LogReader holds, shared with the verifier. Inside of audit_log.
#pragma once

#include <filesystem>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/schema.h"

namespace sekimori::audit_log {

struct LogReader::State {
  std::filesystem::path path;
  bool read_only = false;
  Database database;
  chain::LogId log_id{};
};

// The columns sequence, time_us, hash, signature of the row `statement` stands on.
[[nodiscard]] Result<chain::Checkpoint> ReadCheckpoint(const Statement& statement, const chain::LogId& log_id);

}  // namespace sekimori::audit_log
