#include <algorithm>
#include <utility>

#include "agent/audit_log/log_reader_state.h"
#include "agent/audit_log/log_store.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

Result<StoredRecord> ReadRecord(const Statement& row) {
  StoredRecord record;
  record.sequence = static_cast<std::uint64_t>(row.Integer(0));
  const Result<chain::Hash> hash = HashOf(row.Blob(1), "record", record.sequence);
  if (!hash.ok()) return hash.error();
  record.hash = hash.value();
  const std::string_view payload = row.Blob(2);
  if (payload.size() > kMaxPayload)
    return Error{ErrorCode::kCorrupt, "record " + std::to_string(record.sequence),
                 std::to_string(payload.size()) + " bytes; want at most " + std::to_string(kMaxPayload)};
  record.payload = payload;
  return record;
}

}  // namespace

Result<chain::Checkpoint> ReadCheckpoint(const Statement& statement, const chain::LogId& log_id) {
  const auto sequence = static_cast<std::uint64_t>(statement.Integer(0));
  const Result<chain::Hash> hash = HashOf(statement.Blob(2), "checkpoint", sequence);
  if (!hash.ok()) return hash.error();
  return chain::Checkpoint{log_id, {sequence, hash.value()}, statement.Integer(1), std::string(statement.Blob(3))};
}

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogReader::~LogReader() = default;

Result<std::unique_ptr<LogReader>> LogReader::Open(const fs::path& path) {
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  if (failed == std::errc::no_such_file_or_directory)
    return Error{ErrorCode::kNotFound, path.string(), "there is no log"};
  if (failed) return Error{ErrorCode::kIo, path.string(), failed.message()};
  bool read_only = false;
  Result<Database> database = Database::Open(real, Database::Access::kWrite);
  if (database.ok() && sqlite3_db_readonly(database.value().native(), "main") == 1) read_only = true;
  if (!database.ok() && database.error().code == ErrorCode::kIo) {
    read_only = true;
    database = Database::Open(real, Database::Access::kRead);
  }
  if (!database.ok()) return database.error();
  // Folding the WAL into the file is the writer's; and what the uplink notes need not be synced.
  if (Status set = database.value().Execute("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL"); !set.ok())
    return set.error();
  if (Status known = CheckSchema(database.value()); !known.ok()) return known.error();
  const Result<LogRow> row = ReadLogRow(database.value());
  if (!row.ok()) return row.error();
  return std::unique_ptr<LogReader>(
      new LogReader(std::make_unique<State>(State{real, read_only, std::move(database).value(), row.value().log_id})));
}

chain::LogId LogReader::log_id() const {
  return state_->log_id;
}

Result<chain::Head> LogReader::Head() const {
  const Result<LogRow> row = ReadLogRow(state_->database);
  if (!row.ok()) return row.error();
  return row.value().head;
}

Result<chain::Head> LogReader::Base() const {
  const Result<LogRow> row = ReadLogRow(state_->database);
  if (!row.ok()) return row.error();
  return row.value().base;
}

Result<chain::Hash> LogReader::HashAt(std::uint64_t sequence) const {
  const Result<chain::Head> base = Base();
  if (!base.ok()) return base.error();
  if (sequence == base.value().sequence) return base.value().hash;
  Result<Statement> select = state_->database.Prepare("SELECT hash FROM records WHERE sequence = ?1");
  if (!select.ok()) return select.error();
  const Result<bool> found = select.value().Bind(1, sequence).Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return Error{ErrorCode::kNotFound, "record " + std::to_string(sequence), "not in this log"};
  return HashOf(select.value().Blob(0), "record", sequence);
}

Result<std::vector<StoredRecord>> LogReader::Read(std::uint64_t after, std::size_t max_records,
                                                  std::size_t max_bytes) const {
  std::vector<StoredRecord> records;
  Result<Statement> select = state_->database.Prepare(
      "SELECT sequence, hash, payload FROM records WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
  if (!select.ok()) return select.error();
  Statement& row = select.value().Bind(1, after).Bind(2, std::uint64_t{std::min<std::size_t>(max_records, 1U << 20U)});
  for (std::size_t bytes = 0; bytes < max_bytes || records.empty();) {
    const Result<bool> found = row.Step();
    if (!found.ok()) return found.error();
    if (!found.value()) break;
    Result<StoredRecord> record = ReadRecord(row);
    const std::uint64_t wanted = after + records.size() + 1;
    // What came before a gap or a damaged record is given first; the next call meets it.
    if ((!record.ok() || record.value().sequence != wanted) && !records.empty()) break;
    if (!record.ok()) return record.error();
    if (record.value().sequence != wanted) return MissingRecord(wanted);
    bytes += record.value().payload.size();
    records.push_back(std::move(record).value());
  }
  return records;
}

Error LogReader::MissingRecord(std::uint64_t sequence) const {
  const Result<chain::Head> base = Base();
  if (!base.ok()) return base.error();
  const std::string where = "record " + std::to_string(sequence);
  if (sequence <= base.value().sequence)
    return Error{ErrorCode::kNotFound, where,
                 "pruned; the first one kept is " + std::to_string(base.value().sequence + 1)};
  return Error{ErrorCode::kCorrupt, where, "missing, though later records are there"};
}

Result<std::vector<chain::Checkpoint>> LogReader::Checkpoints(std::uint64_t after, std::size_t max) const {
  Result<Statement> select = state_->database.Prepare(
      "SELECT sequence, time_us, hash, signature FROM checkpoints WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
  if (!select.ok()) return select.error();
  Statement& row = select.value().Bind(1, after).Bind(2, std::uint64_t{std::min<std::size_t>(max, 1U << 20U)});
  std::vector<chain::Checkpoint> checkpoints;
  for (;;) {
    const Result<bool> found = row.Step();
    if (!found.ok()) return found.error();
    if (!found.value()) return checkpoints;
    Result<chain::Checkpoint> checkpoint = ReadCheckpoint(row, state_->log_id);
    if (!checkpoint.ok()) return checkpoint.error();
    checkpoints.push_back(std::move(checkpoint).value());
  }
}

Result<std::uint64_t> LogReader::Acknowledged() const {
  const Result<LogRow> row = ReadLogRow(state_->database);
  if (!row.ok()) return row.error();
  return row.value().acknowledged;
}

Status LogReader::SetAcknowledged(std::uint64_t sequence) {
  if (state_->read_only) return Error{ErrorCode::kDenied, state_->path.string(), "the log may only be read here"};
  const Result<chain::Head> head = Head();
  if (!head.ok()) return head.error();
  if (sequence > head.value().sequence)
    return Error{ErrorCode::kConflict, "record " + std::to_string(sequence),
                 "acknowledged, but the log ends with " + std::to_string(head.value().sequence)};
  Result<Statement> update = state_->database.Prepare("UPDATE uplink SET acknowledged = ?1");
  if (!update.ok()) return update.error();
  return update.value().Bind(1, sequence).Run();
}

}  // namespace sekimori::audit_log
