// LogStore::Prune: old records go, the chain stays whole, and the log tells of it.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/log_store_state.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {
namespace {

// At the first place to cut after so many records one call ends.
constexpr std::uint64_t kMaxStep = 5000;

// The record after which may be cut: always one that a checkpoint signs, so that the new base is itself signed.
struct Cut {
  chain::Head base;
};

bool IsOlder(std::string_view payload, model::WallTime limit, proto::Event& scratch) {
  return scratch.ParseFromArray(payload.data(), static_cast<int>(payload.size())) &&
         scratch.time_us() < limit.time_since_epoch().count();
}

Result<std::optional<Cut>> FindCut(Database& database, const LogRow& log, model::WallTime limit) {
  Result<Statement> select = database.Prepare(
      "SELECT r.sequence, r.hash, r.payload, c.sequence IS NOT NULL FROM records r"
      " LEFT JOIN checkpoints c ON c.sequence = r.sequence AND c.hash = r.hash"
      " WHERE r.sequence > ?1 AND r.sequence <= ?2 ORDER BY r.sequence");
  if (!select.ok()) return select.error();
  Statement& row = select.value().Bind(1, log.base.sequence).Bind(2, log.acknowledged);
  std::optional<Cut> cut;
  proto::Event scratch;
  for (;;) {
    const Result<bool> found = row.Step();
    if (!found.ok()) return found.error();
    if (!found.value() || !IsOlder(row.Blob(2), limit, scratch)) return cut;
    const auto sequence = static_cast<std::uint64_t>(row.Integer(0));
    if (row.Integer(3) != 0) {
      const Result<chain::Hash> hash = HashOf(row.Blob(1), "record", sequence);
      if (!hash.ok()) return hash.error();
      cut = Cut{{sequence, hash.value()}};
      if (sequence - log.base.sequence >= kMaxStep) return cut;
    }
  }
}

Status DeleteUpTo(Database& database, const chain::Head& base, std::uint64_t pruned_at) {
  Result<Statement> update = database.Prepare("UPDATE log SET base_sequence = ?1, base_hash = ?2, pruned_at = ?3");
  if (!update.ok()) return update.error();
  update.value().Bind(1, base.sequence).BindBlob(2, signing::AsBytes(base.hash)).Bind(3, pruned_at);
  if (Status updated = update.value().Run(); !updated.ok()) return updated;
  // The checkpoint over the base itself stays.
  for (const char* const sql :
       {"DELETE FROM records WHERE sequence <= ?1", "DELETE FROM checkpoints WHERE sequence < ?1"}) {
    Result<Statement> erase = database.Prepare(sql);
    if (!erase.ok()) return erase.error();
    if (Status erased = erase.value().Bind(1, base.sequence).Run(); !erased.ok()) return erased;
  }
  return Status::Ok();
}

}  // namespace

Result<bool> LogStore::Prune(std::chrono::hours keep) {
  const Result<LogRow> log = ReadLogRow(state_->database);
  if (!log.ok()) return log.error();
  const model::WallTime now = state_->clock.Now();
  const model::WallTime believed =
      std::min(now, state_->time_when_opened + (state_->clock.SinceBoot() - state_->opened_at));
  const Result<std::optional<Cut>> cut = FindCut(state_->database, log.value(), believed - keep);
  if (!cut.ok()) return cut.error();
  if (!cut.value()) return false;

  const chain::Head base = cut.value()->base;
  const Status pruned = state_->InTransaction([&](State::Outcome& outcome) {
    const model::Event told{now, state_->clock.SinceBoot(), model::RecordsPruned{base.sequence + 1}};
    if (Status appended = state_->AppendRecord(told, outcome); !appended.ok()) return appended;
    if (Status deleted = DeleteUpTo(state_->database, base, outcome.head.sequence); !deleted.ok()) return deleted;
    return state_->SignHead(outcome);
  });
  if (!pruned.ok()) return pruned.error();
  return base.sequence - log.value().base.sequence >= kMaxStep;
}

}  // namespace sekimori::audit_log
