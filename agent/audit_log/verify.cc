#include "agent/audit_log/verify.h"

#include <string>
#include <utility>

#include "agent/audit_log/high_mark.h"
#include "agent/audit_log/log_reader_state.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {
namespace {

std::string RecordName(std::uint64_t sequence) {
  return "record " + std::to_string(sequence);
}

bool IsFault(ErrorCode code) {
  return code == ErrorCode::kCorrupt || code == ErrorCode::kConflict || code == ErrorCode::kUntrusted;
}

// A read transaction: all statements see one state of the log.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { database_.Rollback(); }
  [[nodiscard]] Status Begin() { return database_.Execute("BEGIN"); }

 private:
  Database& database_;
};

}  // namespace

class LogVerifier {
 public:
  LogVerifier(const LogReader& reader, const signing::VerifyKey& key)
      : path_(reader.state_->path), database_(reader.state_->database), key_(key) {}

  Result<VerifyReport> Run() {
    // Read before the snapshot begins, so that the log is never behind it in an honest run.
    const std::optional<Mark> mark = ReadMark(path_);
    Snapshot snapshot(database_);
    Status status = snapshot.Begin();
    if (status.ok()) status = Walk(mark);
    report_.unsigned_tail = report_.head.sequence - std::max(signed_up_to_, report_.first.sequence);
    if (!status.ok() && !IsFault(status.error().code)) return status.error();
    if (!status.ok()) report_.fault = Fault{at_, status.error()};
    return std::move(report_);
  }

 private:
  Status Walk(const std::optional<Mark>& mark) {
    Result<LogRow> row = ReadLogRow(database_);
    if (!row.ok()) return row.error();
    log_ = row.value();
    report_.log_id = log_.log_id;
    report_.first = report_.head = log_.base;
    if (Status begun = CheckBeginning(); !begun.ok()) return begun;
    if (Status walked = WalkRecords(); !walked.ok()) return walked;
    if (Status ended = CheckEnd(mark); !ended.ok()) return ended;
    return CheckPruning();
  }

  Status CheckBeginning() {
    if (log_.base.sequence == 0 && log_.base.hash != chain::GenesisHash(log_.log_id))
      return Error{ErrorCode::kCorrupt, "log", "its first hash is not that of its own log id"};
    Result<Statement> select =
        database_.Prepare("SELECT sequence, time_us, hash, signature FROM checkpoints ORDER BY sequence");
    if (!select.ok()) return select.error();
    checkpoints_ = std::move(select).value();
    if (Status stepped = NextCheckpoint(); !stepped.ok()) return stepped;
    if (log_.base.sequence == 0) return Status::Ok();
    if (!checkpoint_ || checkpoint_->head.sequence != log_.base.sequence)
      return Error{ErrorCode::kConflict, RecordName(log_.base.sequence),
                   "records up to it were removed, but no checkpoint signs it"};
    return TakeCheckpoint();
  }

  Status WalkRecords() {
    chain::Verifier verifier(log_.base);
    Result<Statement> select = database_.Prepare("SELECT sequence, hash, payload FROM records ORDER BY sequence");
    if (!select.ok()) return select.error();
    Statement& row = select.value();
    for (;;) {
      at_ = report_.head.sequence + 1;
      const Result<bool> found = row.Step();
      if (!found.ok()) return found.error();
      if (!found.value()) return Status::Ok();
      const auto sequence = static_cast<std::uint64_t>(row.Integer(0));
      const Result<chain::Hash> hash = HashOf(row.Blob(1), "record", sequence);
      if (!hash.ok()) return hash.error();
      if (Status taken = verifier.Take(sequence, row.Blob(2), hash.value()); !taken.ok()) return taken;
      report_.head = verifier.head();
      ++report_.records;
      if (checkpoint_ && checkpoint_->head.sequence <= sequence)
        if (Status held = TakeCheckpoint(); !held.ok()) return held;
    }
  }

  Status NextCheckpoint() {
    checkpoint_.reset();
    const Result<bool> found = checkpoints_.Step();
    if (!found.ok()) return found.error();
    if (!found.value()) return Status::Ok();
    Result<chain::Checkpoint> read = ReadCheckpoint(checkpoints_, log_.log_id);
    if (!read.ok()) return read.error();
    checkpoint_ = std::move(read).value();
    return Status::Ok();
  }

  // The checkpoint at hand must be over the record just taken.
  Status TakeCheckpoint() {
    at_ = report_.head.sequence;
    const std::string where = "checkpoint " + std::to_string(checkpoint_->head.sequence);
    if (checkpoint_->head.sequence != report_.head.sequence)
      return Error{ErrorCode::kConflict, where, "is over a record that is not in this log"};
    if (checkpoint_->head.hash != report_.head.hash)
      return Error{ErrorCode::kCorrupt, where, "its hash is not that of its record"};
    if (Status held = chain::VerifyCheckpoint(key_, *checkpoint_); !held.ok()) return held;
    ++report_.checkpoints;
    signed_up_to_ = report_.head.sequence;
    return NextCheckpoint();
  }

  Status CheckEnd(const std::optional<Mark>& mark) {
    const std::uint64_t last = report_.head.sequence;
    const auto cut = [this, last](std::uint64_t known, const char* who) {
      at_ = last + 1;
      return Error{ErrorCode::kConflict, RecordName(last + 1),
                   std::string("missing: ") + who + " knows of record " + std::to_string(known)};
    };
    if (checkpoint_) return cut(checkpoint_->head.sequence, "a checkpoint");
    if (log_.head.sequence > last) return cut(log_.head.sequence, "the log's own row");
    if (log_.acknowledged > last) return cut(log_.acknowledged, "the collector's acknowledgement");
    at_ = last;
    if (log_.head != report_.head) return Error{ErrorCode::kConflict, RecordName(last), "not the log's noted head"};
    if (!mark) return Status::Ok();
    if (mark->log_id != log_.log_id)
      return Error{ErrorCode::kConflict, "log", "another log was put in this one's place"};
    if (mark->head.sequence > last) return cut(mark->head.sequence, "the mark beside the log");
    return Status::Ok();
  }

  // Records may be gone from the front only if the log itself tells of it.
  Status CheckPruning() {
    if (log_.base.sequence == 0) return Status::Ok();
    at_ = log_.base.sequence;
    const Error untold{ErrorCode::kConflict, RecordName(log_.base.sequence),
                       "records up to it were removed, but no record tells of it"};
    Result<Statement> select = database_.Prepare("SELECT payload FROM records WHERE sequence = ?1");
    if (!select.ok()) return select.error();
    const Result<bool> found = select.value().Bind(1, log_.pruned_at).Step();
    if (!found.ok()) return found.error();
    if (!found.value()) return untold;
    const std::string_view payload = select.value().Blob(0);
    proto::Event event;
    const bool told = event.ParseFromArray(payload.data(), static_cast<int>(payload.size())) &&
                      event.records_pruned().first_kept() == log_.base.sequence + 1;
    return told ? Status::Ok() : Status(untold);
  }

  const std::filesystem::path& path_;
  Database& database_;
  const signing::VerifyKey& key_;
  LogRow log_;
  Statement checkpoints_;
  std::optional<chain::Checkpoint> checkpoint_;  // the next one to come
  std::uint64_t signed_up_to_ = 0;
  std::uint64_t at_ = 0;
  VerifyReport report_;
};

Result<VerifyReport> VerifyLog(const LogReader& reader, const signing::VerifyKey& key) {
  return LogVerifier(reader, key).Run();
}

}  // namespace sekimori::audit_log
