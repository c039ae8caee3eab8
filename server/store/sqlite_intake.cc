// The Writer's road for what terminals send: batches, disputed records, and the own chain.
#include <limits>

#include "server/store/sqlite_writer.h"

namespace sekimori::store {

namespace {

constexpr std::uint64_t kMaxSequence = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Status CheckShape(const Batch& batch, const ChainRow& chain) {
  const auto wrong = [&](std::string detail) { return Error{ErrorCode::kInvalid, batch.terminal, std::move(detail)}; };
  if (batch.records.empty()) return wrong("a batch without records");
  if (batch.base.sequence < batch.stored_head.sequence) return wrong("the batch begins before the stored head");
  if (batch.base.sequence == batch.stored_head.sequence && !(batch.base == batch.stored_head))
    return wrong("the batch follows on another hash than the stored head's");
  if (batch.base.sequence > kMaxSequence - batch.records.size()) return wrong("sequence beyond 2^63");
  std::uint64_t expected = batch.base.sequence;
  for (const Record& record : batch.records)
    if (record.sequence != ++expected) return wrong("record " + std::to_string(expected) + " is not where it belongs");
  const Record& last = batch.records.back();
  if (!(batch.checkpoint.head == chain::Head{last.sequence, last.hash}))
    return wrong("the checkpoint is not over the last record");
  if (batch.checkpoint.log_id != chain.log_id) return wrong("the checkpoint is another log's");
  return Status::Ok();
}

Status InsertGap(Connection& connection, std::int64_t number, const Batch& batch) {
  Result<Statement> insert = connection.Lend(
      "INSERT INTO gaps(terminal,base_sequence,base_hash,before_sequence,before_hash,found_us) VALUES(?,?,?,?,?,?)");
  if (!insert.ok()) return insert.error();
  return insert.value()
      .Int(number)
      .Count(batch.base.sequence)
      .Blob(signing::AsBytes(batch.base.hash))
      .Count(batch.stored_head.sequence)
      .Blob(signing::AsBytes(batch.stored_head.hash))
      .Int(batch.received_us)
      .Run();
}

// What verification later believes a gap by: both its edges, so that it licenses no other and no wider one.
proto::Event GapAlarm(const Batch& batch) {
  const std::uint64_t first = batch.stored_head.sequence + 1;
  proto::Event event;
  event.set_time_us(batch.received_us);
  proto::CollectorAlarm& alarm = *event.mutable_collector_alarm();
  alarm.set_kind(proto::ALARM_GAP);
  alarm.set_terminal_id(batch.terminal);
  alarm.set_sequence(first);
  alarm.set_detail("records " + std::to_string(first) + " to " + std::to_string(batch.base.sequence) +
                   " are gone from the terminal and were never received");
  alarm.set_peer(batch.peer);
  proto::ChainGap& gap = *alarm.mutable_gap();
  gap.set_before_sequence(batch.stored_head.sequence);
  gap.set_before_hash(std::string(signing::AsBytes(batch.stored_head.hash)));
  gap.set_base_sequence(batch.base.sequence);
  gap.set_base_hash(std::string(signing::AsBytes(batch.base.hash)));
  return event;
}

Status AcceptGap(Connection& connection, Appender& appender, std::int64_t number, const Batch& batch,
                 const signing::SigningKey& own_key) {
  if (Status gap = InsertGap(connection, number, batch); !gap.ok()) return gap;
  const proto::Event alarm = GapAlarm(batch);
  const Result<chain::Head> recorded = appender.AppendOwn(Own{std::span(&alarm, 1), own_key});
  return recorded.ok() ? Status::Ok() : Status(recorded.error());
}

// Whether the error is about this batch alone; otherwise the whole transaction fails.
bool ConcernsBatch(ErrorCode code) {
  return code == ErrorCode::kConflict || code == ErrorCode::kDenied || code == ErrorCode::kNotFound ||
         code == ErrorCode::kInvalid || code == ErrorCode::kExists || code == ErrorCode::kUntrusted;
}

}  // namespace

Status SqliteWriter::StoreOne(Appender& appender, const Batch& batch, const signing::SigningKey& own_key) {
  const Result<ChainRow> found = FindChain(*connection_, batch.terminal);
  if (!found.ok()) return found.error();
  const ChainRow& chain = found.value();
  if (batch.terminal == kOwnLog) return Error{ErrorCode::kDenied, batch.terminal, "the own chain is not a terminal's"};
  if (chain.revoked_us != 0) return Error{ErrorCode::kDenied, batch.terminal, "the terminal is revoked"};
  if (!(chain.head == batch.stored_head))
    return Error{ErrorCode::kConflict, batch.terminal,
                 "the stored head has moved to " + std::to_string(chain.head.sequence)};
  if (Status shape = CheckShape(batch, chain); !shape.ok()) return shape;
  if (batch.base.sequence > batch.stored_head.sequence)
    if (Status gap = AcceptGap(*connection_, appender, chain.number, batch, own_key); !gap.ok()) return gap;
  for (const Record& record : batch.records)
    if (Status stored = appender.Insert({chain.number, chain.number, batch.received_us}, record); !stored.ok())
      return stored;
  return appender.MoveHead(chain, batch.checkpoint, batch.received_us);
}

Result<std::vector<Status>> SqliteWriter::StoreBatches(std::span<const Batch> batches,
                                                       const signing::SigningKey& own_key) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  std::vector<Status> outcomes;
  {
    Result<Appender> appender = Appender::Begin(*connection_);
    if (!appender.ok()) return appender.error();
    for (const Batch& batch : batches) {
      const Appender::Position before = appender.value().position();
      if (Status mark = connection_->Execute("SAVEPOINT batch"); !mark.ok()) return mark.error();
      Status stored = StoreOne(appender.value(), batch, own_key);
      if (!stored.ok()) {
        if (!ConcernsBatch(stored.error().code)) return stored.error();
        if (Status undone = connection_->Execute("ROLLBACK TO batch"); !undone.ok()) return undone.error();
        appender.value().Return(before);
      }
      if (Status released = connection_->Execute("RELEASE batch"); !released.ok()) return released.error();
      outcomes.push_back(std::move(stored));
    }
    if (Status finished = appender.value().Finish(); !finished.ok()) return finished.error();
  }
  if (Status committed = transaction.value().Commit(); !committed.ok()) return committed.error();
  return outcomes;
}

Result<std::size_t> SqliteWriter::StoreDisputed(std::span<const DisputedRecord> records) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  std::size_t stored = 0;
  for (const DisputedRecord& record : records) {
    const Result<ChainRow> chain = FindChain(*connection_, record.terminal);
    if (!chain.ok()) return chain.error();
    Result<Statement> insert = connection_->Lend(
        "INSERT INTO disputed(terminal,sequence,payload,why,peer,received_us) SELECT ?1,?2,?3,?4,?5,?6 WHERE "
        "(SELECT count(*) < ?7 AND ifnull(sum(length(payload)),0) + length(?3) <= ?8 FROM disputed WHERE terminal=?1)");
    if (!insert.ok()) return insert.error();
    const Status run = insert.value()
                           .Int(chain.value().number)
                           .Count(record.sequence & kMaxSequence)
                           .Blob(record.payload)
                           .Int(record.why)
                           .Text(record.peer)
                           .Int(record.received_us)
                           .Count(kMaxDisputedRecords)
                           .Count(kMaxDisputedBytes)
                           .Run();
    if (!run.ok()) return run.error();
    stored += static_cast<std::size_t>(sqlite3_changes(connection_->native()));
  }
  if (Status committed = transaction.value().Commit(); !committed.ok()) return committed.error();
  return stored;
}

Result<chain::Head> SqliteWriter::AppendOwn(const Own& own) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  Result<Appender> appender = Appender::Begin(*connection_);
  if (!appender.ok()) return appender.error();
  const Result<chain::Head> head = appender.value().AppendOwn(own);
  if (!head.ok()) return head;
  if (Status finished = appender.value().Finish(); !finished.ok()) return finished.error();
  if (Status committed = transaction.value().Commit(); !committed.ok()) return committed.error();
  return head;
}

}  // namespace sekimori::store
