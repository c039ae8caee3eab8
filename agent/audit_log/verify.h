// Verifies a whole log: every record's link, every checkpoint's signature, and that both ends are where they should be.
// What it can and cannot find: agent/audit_log/FORMAT.md. Req: R06
#pragma once

#include <cstdint>
#include <optional>

#include "agent/audit_log/log_store.h"
#include "proto/chain/chain.h"
#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::audit_log {

struct Fault {
  std::uint64_t sequence = 0;  // first record that is wrong or missing; 0: the log as a whole
  Error error;
};

struct VerifyReport {
  chain::LogId log_id{};
  std::uint64_t records = 0;        // that hold, from the first kept one on
  chain::Head first;                // base: what the first kept record follows on
  chain::Head head;                 // last record that holds
  std::uint64_t checkpoints = 0;    // whose signatures hold
  std::uint64_t unsigned_tail = 0;  // records after the last of them: chained, but not signed yet
  std::optional<Fault> fault;       // the first one found; the figures above are up to there
};

// Reads one snapshot from end to end, while the writer may go on. An error says that the log could not be read; what is
// wrong with it is the report's fault.
[[nodiscard]] Result<VerifyReport> VerifyLog(const LogReader& reader, const signing::VerifyKey& key);

}  // namespace sekimori::audit_log
