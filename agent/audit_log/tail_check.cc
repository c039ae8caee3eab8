#include "agent/audit_log/tail_check.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "proto/chain/chain.h"

namespace sekimori::audit_log {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kQuickCheckBudget{5};
constexpr int kInstructionsBetweenLooks = 10'000;

Result<chain::Hash> StoredHash(Database& database, const LogRow& log, std::uint64_t sequence) {
  if (sequence == log.base.sequence) return log.base.hash;
  Result<Statement> select = database.Prepare("SELECT hash FROM records WHERE sequence = ?1");
  if (!select.ok()) return select.error();
  const Result<bool> row = select.value().Bind(1, sequence).Step();
  if (!row.ok()) return row.error();
  if (!row.value())
    return Error{ErrorCode::kCorrupt, "record " + std::to_string(sequence), "missing, though later records are there"};
  return HashOf(select.value().Blob(0), "record", sequence);
}

Status CheckRecords(Database& database, const LogRow& log) {
  const std::uint64_t kept = log.head.sequence - log.base.sequence;
  const std::uint64_t from = log.head.sequence - std::min(kept, kTailRecords);
  const Result<chain::Hash> start = StoredHash(database, log, from);
  if (!start.ok()) return start.error();
  chain::Verifier verifier(chain::Head{from, start.value()});

  Result<Statement> select =
      database.Prepare("SELECT sequence, hash, payload FROM records WHERE sequence > ?1 ORDER BY sequence");
  if (!select.ok()) return select.error();
  Statement& row = select.value().Bind(1, from);
  for (;;) {
    const Result<bool> found = row.Step();
    if (!found.ok()) return found.error();
    if (!found.value()) break;
    const auto sequence = static_cast<std::uint64_t>(row.Integer(0));
    const Result<chain::Hash> hash = HashOf(row.Blob(1), "record", sequence);
    if (!hash.ok()) return hash.error();
    if (Status taken = verifier.Take(sequence, row.Blob(2), hash.value()); !taken.ok()) return taken;
  }
  if (verifier.head() == log.head) return Status::Ok();
  return Error{ErrorCode::kConflict, "record " + std::to_string(verifier.head().sequence),
               "the log says of itself that its newest record is " + std::to_string(log.head.sequence)};
}

Result<std::uint64_t> CheckNewestCheckpoint(Database& database, const LogRow& log, const signing::VerifyKey& key) {
  Result<Statement> select =
      database.Prepare("SELECT sequence, time_us, hash, signature FROM checkpoints ORDER BY sequence DESC LIMIT 1");
  if (!select.ok()) return select.error();
  Statement& row = select.value();
  const Result<bool> found = row.Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return std::uint64_t{0};

  const auto sequence = static_cast<std::uint64_t>(row.Integer(0));
  const Result<chain::Hash> hash = HashOf(row.Blob(2), "checkpoint", sequence);
  if (!hash.ok()) return hash.error();
  const chain::Checkpoint checkpoint{log.log_id, {sequence, hash.value()}, row.Integer(1), std::string(row.Blob(3))};
  if (Status signed_by_us = chain::VerifyCheckpoint(key, checkpoint); !signed_by_us.ok()) return signed_by_us.error();
  const std::string where = "checkpoint " + std::to_string(sequence);
  if (sequence < log.base.sequence || sequence > log.head.sequence)
    return Error{ErrorCode::kConflict, where, "the record it signs is missing"};
  const Result<chain::Hash> stored = StoredHash(database, log, sequence);
  if (!stored.ok()) return stored.error();
  if (stored.value() != hash.value())
    return Error{ErrorCode::kConflict, where, "another record stands where the one it signs was"};
  return sequence;
}

Status CheckMark(Database& database, const LogRow& log, const Mark& mark) {
  const std::string where = "record " + std::to_string(mark.head.sequence);
  if (mark.log_id != log.log_id) return Error{ErrorCode::kConflict, "log", "another log was put in this one's place"};
  if (mark.head.sequence > log.head.sequence)
    return Error{ErrorCode::kConflict, where,
                 "was stored, but the log now ends with " + std::to_string(log.head.sequence)};
  if (mark.head.sequence < log.base.sequence) return Status::Ok();
  const Result<chain::Hash> stored = StoredHash(database, log, mark.head.sequence);
  if (!stored.ok()) return stored.error();
  if (stored.value() != mark.head.hash) return Error{ErrorCode::kConflict, where, "is not the record that was stored"};
  return Status::Ok();
}

int PastDeadline(void* deadline) {
  return std::chrono::steady_clock::now() > *static_cast<const SteadyTime*>(deadline) ? 1 : 0;
}

}  // namespace

Result<std::uint64_t> CheckTail(Database& database, const LogRow& log, const signing::VerifyKey& key,
                                const std::optional<Mark>& mark) {
  if (Status records = CheckRecords(database, log); !records.ok()) return records.error();
  if (mark)
    if (Status marked = CheckMark(database, log, *mark); !marked.ok()) return marked.error();
  return CheckNewestCheckpoint(database, log, key);
}

Status QuickCheck(Database& database) {
  SteadyTime deadline = std::chrono::steady_clock::now() + kQuickCheckBudget;
  sqlite3_progress_handler(database.native(), kInstructionsBetweenLooks, PastDeadline, &deadline);
  const Result<std::string> answer = database.AskText("PRAGMA quick_check(1)");
  sqlite3_progress_handler(database.native(), 0, nullptr, nullptr);
  if (!answer.ok()) return answer.error().code == ErrorCode::kTimeout ? Status::Ok() : Status(answer.error());
  if (answer.value() == "ok") return Status::Ok();
  return Error{ErrorCode::kCorrupt, "log", "PRAGMA quick_check: " + answer.value()};
}

}  // namespace sekimori::audit_log
