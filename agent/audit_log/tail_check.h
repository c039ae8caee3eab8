// What is looked at before a log is written on: in bounded time, its newest end. Inside of audit_log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "agent/audit_log/high_mark.h"
#include "agent/audit_log/schema.h"
#include "proto/signing/key.h"

namespace sekimori::audit_log {

inline constexpr std::uint64_t kTailRecords = 1000;

// The newest checkpoint's sequence, 0 for none. kCorrupt, kConflict or kUntrusted: the last kTailRecords records do not
// chain up to the head in `log`; the newest checkpoint is not `key`'s or is of another record; `mark` remembers records
// that are missing. All three mean damage or tampering.
[[nodiscard]] Result<std::uint64_t> CheckTail(Database& database, const LogRow& log, const signing::VerifyKey& key,
                                              const std::optional<Mark>& mark);

// PRAGMA quick_check, given up after some seconds (a large log is then trusted as far as CheckTail went). kCorrupt.
[[nodiscard]] Status QuickCheck(Database& database);

}  // namespace sekimori::audit_log
