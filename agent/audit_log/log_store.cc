#include "agent/audit_log/log_store.h"

#include <utility>

#include "agent/audit_log/log_store_state.h"

namespace sekimori::audit_log {

using signing::AsBytes;

Status LogStore::State::CheckInPlace() {
  if (database.InPlace()) return Status::Ok();
  // What we would write could be found by nobody. Whatever is there by now is not ours to tidy up.
  database.KeepWalOnClose(true);
  return Error{ErrorCode::kConflict, "log", "its file was moved, deleted or replaced: somebody else changed the log"};
}

Status LogStore::State::CheckHeadUnchanged() {
  Statement& row = statements.read_head;
  const Result<bool> found = row.Step();
  if (!found.ok()) return found.error();
  const bool same =
      found.value() && static_cast<std::uint64_t>(row.Integer(0)) == head.sequence && row.Blob(1) == AsBytes(head.hash);
  row.Reset();
  if (same) return Status::Ok();
  return Error{ErrorCode::kConflict, "record " + std::to_string(head.sequence),
               "the log does not end with it any more: somebody else changed the log"};
}

Status LogStore::State::RunToCommit(const std::function<Status(Outcome&)>& body, Outcome& outcome) {
  if (Status begun = statements.begin.Run(); !begun.ok()) return begun;
  if (Status in_place = CheckInPlace(); !in_place.ok()) return in_place;
  if (Status same = CheckHeadUnchanged(); !same.ok()) return same;
  if (Status done = body(outcome); !done.ok()) return done;
  statements.update_head.Bind(1, outcome.head.sequence).BindBlob(2, AsBytes(outcome.head.hash));
  if (Status updated = statements.update_head.Run(); !updated.ok()) return updated;
  return statements.commit.Run();
}

Status LogStore::State::InTransaction(const std::function<Status(Outcome&)>& body) {
  Outcome outcome{head, last_checkpoint};
  if (Status committed = RunToCommit(body, outcome); !committed.ok()) {
    // A commit that answers "busy" leaves its transaction open; other failures may have ended it already.
    database.Rollback();
    return committed;
  }
  head = outcome.head;
  last_checkpoint = outcome.last_checkpoint;
  mark.Write(Mark{log_id, head});
  return Status::Ok();
}

Status LogStore::State::AppendRecord(const model::Event& event, Outcome& outcome) {
  const std::uint64_t sequence = outcome.head.sequence + 1;
  if (!encoder.Encode(event, boot_id, payload) || payload.size() > kMaxPayload)
    return Error{ErrorCode::kTooLarge, "record " + std::to_string(sequence),
                 std::to_string(payload.size()) + " bytes; want at most " + std::to_string(kMaxPayload)};
  const chain::Hash hash = chain::Link(outcome.head.hash, sequence, payload);
  statements.insert_record.Bind(1, sequence).BindBlob(2, AsBytes(hash)).BindBlob(3, payload);
  if (Status inserted = statements.insert_record.Run(); !inserted.ok()) return inserted;
  outcome.head = chain::Head{sequence, hash};
  return Status::Ok();
}

Status LogStore::State::SignHead(Outcome& outcome) {
  if (outcome.head.sequence == outcome.last_checkpoint) return Status::Ok();
  const Result<chain::Checkpoint> checkpoint =
      chain::SignCheckpoint(key, log_id, outcome.head, clock.Now().time_since_epoch().count());
  if (!checkpoint.ok()) return checkpoint.error();
  statements.insert_checkpoint.Bind(1, checkpoint.value().head.sequence)
      .Bind(2, checkpoint.value().time_us)
      .BindBlob(3, AsBytes(checkpoint.value().head.hash))
      .BindBlob(4, checkpoint.value().signature);
  if (Status inserted = statements.insert_checkpoint.Run(); !inserted.ok()) return inserted;
  outcome.last_checkpoint = outcome.head.sequence;
  return Status::Ok();
}

LogStore::LogStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogStore::~LogStore() = default;

Status LogStore::Append(std::span<const model::Event> events) {
  if (events.empty()) return Status::Ok();
  return state_->InTransaction([&](State::Outcome& outcome) {
    for (const model::Event& event : events)
      if (Status appended = state_->AppendRecord(event, outcome); !appended.ok()) return appended;
    return Status::Ok();
  });
}

Status LogStore::WriteCheckpoint() {
  if (state_->head.sequence == state_->last_checkpoint) return Status::Ok();
  return state_->InTransaction([this](State::Outcome& outcome) { return state_->SignHead(outcome); });
}

Status LogStore::MarkCleanStop() {
  if (Status signed_head = WriteCheckpoint(); !signed_head.ok()) return signed_head;
  // On its own and last: every other transaction takes the note back.
  return state_->database.Execute("UPDATE log SET clean_stop = 1");
}

chain::Head LogStore::head() const {
  return state_->head;
}

const chain::LogId& LogStore::log_id() const {
  return state_->log_id;
}

std::optional<std::string> LogStore::quarantined() const {
  return state_->quarantined;
}

const std::string& LogStore::quarantine_reason() const {
  return state_->quarantine_reason;
}

bool LogStore::unclean_stop_before() const {
  return state_->unclean_stop_before;
}

}  // namespace sekimori::audit_log
