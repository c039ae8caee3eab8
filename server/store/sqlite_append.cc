#include "server/store/sqlite_append.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/masking/mask_message.h"
#include "server/store/record_index.h"

namespace sekimori::store {

namespace {

// A block summarises the times of this many consecutive rows, so that a search by time skips the others.
constexpr std::int64_t kBlockRows = 1024;
// Of the checkpoints within this many sequences the last one stays: its signature covers all before it.
constexpr std::uint64_t kCheckpointSpan = 1024;

Result<Appender::Position> FindPosition(Connection& connection) {
  const Result<std::int64_t> newest = connection.QueryInt("SELECT ifnull(max(id),0) FROM records");
  if (!newest.ok()) return newest.error();
  Appender::Position position;
  position.next_id = newest.value() + 1;
  Result<Statement> last = connection.Lend(
      "SELECT first_id,last_id,min_us,max_us,min_received_us,max_received_us FROM blocks ORDER BY first_id DESC LIMIT "
      "1");
  if (!last.ok()) return last.error();
  const Result<bool> row = last.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return position;
  position.next_id = std::max(position.next_id, last.value().GetInt(1) + 1);
  position.first_id = last.value().GetInt(0);
  position.times = {last.value().GetInt(2), last.value().GetInt(3)};
  position.received = {last.value().GetInt(4), last.value().GetInt(5)};
  return position;
}

}  // namespace

Result<Appender> Appender::Begin(Connection& connection) {
  const Result<Position> position = FindPosition(connection);
  if (!position.ok()) return position.error();
  Result<Statement> insert = connection.Lend(
      "INSERT INTO records(id,terminal,sequence,hash,time_us,received_us,type,outcome,severity,about,policy_version,"
      "users,device,payload) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  if (!insert.ok()) return insert.error();
  return Appender(connection, std::move(insert).value(), position.value());
}

Status Appender::Insert(const Place& place, const Record& record) {
  if (position_.first_id != 0 && position_.next_id - position_.first_id >= kBlockRows) {
    if (Status closed = CloseBlock(); !closed.ok()) return closed;
    position_.first_id = 0;
  }
  const RecordIndex& index = record.index;
  const Status inserted = insert_.Int(position_.next_id)
                              .Int(place.terminal)
                              .Count(record.sequence)
                              .Blob(signing::AsBytes(record.hash))
                              .Int(index.time_us)
                              .Int(place.received_us)
                              .Int(index.type)
                              .Int(static_cast<int>(index.outcome))
                              .Int(static_cast<int>(index.severity))
                              .Int(place.about)
                              .Count(index.policy_version)
                              .Text(index.users)
                              .Text(index.device)
                              .Blob(record.payload)
                              .Run();
  if (!inserted.ok()) return inserted;
  if (position_.first_id == 0) {
    position_.first_id = position_.next_id;
    position_.times.Begin(index.time_us);
    position_.received.Begin(place.received_us);
  }
  position_.times.Take(index.time_us);
  position_.received.Take(place.received_us);
  ++position_.next_id;
  return Status::Ok();
}

Status Appender::CloseBlock() {
  Result<Statement> write = connection_.Lend(
      "INSERT OR REPLACE INTO blocks(first_id,last_id,min_us,max_us,min_received_us,max_received_us) "
      "VALUES(?,?,?,?,?,?)");
  if (!write.ok()) return write.error();
  return write.value()
      .Int(position_.first_id)
      .Int(position_.next_id - 1)
      .Int(position_.times.min_us)
      .Int(position_.times.max_us)
      .Int(position_.received.min_us)
      .Int(position_.received.max_us)
      .Run();
}

Status Appender::Finish() {
  if (position_ == begun_ || position_.first_id == 0) return Status::Ok();
  return CloseBlock();
}

Status Appender::MoveHead(const ChainRow& chain, const chain::Checkpoint& checkpoint, std::int64_t received_us) {
  const std::uint64_t sequence = checkpoint.head.sequence;
  // The one over the last record before a gap stays: what follows the gap does not sign what came before it.
  Result<Statement> thin = connection_.Lend(
      "DELETE FROM checkpoints WHERE terminal=?1 AND sequence>=?2 AND sequence<?3 AND sequence NOT IN (SELECT "
      "before_sequence FROM gaps WHERE terminal=?1)");
  if (!thin.ok()) return thin.error();
  const std::uint64_t span_start = sequence - sequence % kCheckpointSpan;
  if (Status thinned = thin.value().Int(chain.number).Count(span_start).Count(sequence).Run(); !thinned.ok())
    return thinned;
  Result<Statement> keep = connection_.Lend(
      "INSERT INTO checkpoints(terminal,sequence,log_id,hash,time_us,signature,key_id,received_us) "
      "VALUES(?,?,?,?,?,?,?,?)");
  if (!keep.ok()) return keep.error();
  const Status kept = keep.value()
                          .Int(chain.number)
                          .Count(sequence)
                          .Blob(signing::AsBytes(checkpoint.log_id))
                          .Blob(signing::AsBytes(checkpoint.head.hash))
                          .Int(checkpoint.time_us)
                          .Blob(checkpoint.signature)
                          .Blob(signing::AsBytes(chain.key_id))
                          .Int(received_us)
                          .Run();
  if (!kept.ok()) return kept;
  Result<Statement> move = connection_.Lend(
      "UPDATE terminals SET head_sequence=?,head_hash=?,last_contact_us=max(last_contact_us,?) WHERE number=?");
  if (!move.ok()) return move.error();
  return move.value()
      .Count(sequence)
      .Blob(signing::AsBytes(checkpoint.head.hash))
      .Int(received_us)
      .Int(chain.number)
      .Run();
}

Status Appender::Attest(const std::vector<RowKey>& rows, proto::Event& event) {
  for (const RowKey& key : rows) {
    const Result<AttestedRow> row = FindRow(connection_, key);
    if (!row.ok()) return row.error();
    proto::RegistryRow& told = *event.add_rows();
    told.set_kind(std::string(RowKindName(row.value().key.kind)));
    told.set_id(row.value().key.id);
    told.set_sha256(std::string(signing::AsBytes(row.value().sha256)));
  }
  return Status::Ok();
}

// A terminal's id stands in a field that is never masked, so that the record says by itself whom it is about.
Status Appender::NameTerminal(proto::Event& event) {
  if (!event.has_operator_action()) return Status::Ok();
  event.mutable_operator_action()->clear_terminal_id();
  const std::string& target = event.operator_action().target();
  const Result<ChainRow> terminal = FindChain(connection_, target);
  if (!terminal.ok()) return terminal.error().code == ErrorCode::kNotFound ? Status::Ok() : Status(terminal.error());
  if (target != kOwnLog) event.mutable_operator_action()->set_terminal_id(target);
  return Status::Ok();
}

Result<chain::Head> Appender::AppendOwn(const Own& own, std::vector<RowKey> rows) {
  if (own.events.empty()) return Error{ErrorCode::kInvalid, "own chain", "no event to append"};
  const Result<ChainRow> found = FindChain(connection_, kOwnLog);
  if (!found.ok()) return found.error();
  const ChainRow& chain = found.value();
  if (own.key.public_key().key_id() != chain.key_id)
    return Error{ErrorCode::kUntrusted, "own chain", "the signing key is not the one registered for the own chain"};
  chain::Head head = chain.head;
  if (head.sequence == 0) rows.push_back({RowKind::kSite, ""});
  std::int64_t newest_us = 0;
  for (const proto::Event& given : own.events) {
    proto::Event event = given;
    event.clear_rows();
    if (Status attested = Attest(std::exchange(rows, {}), event); !attested.ok()) return attested.error();
    if (Status named = NameTerminal(event); !named.ok()) return named.error();
    masking::MaskMessage(event);
    const std::string payload = event.SerializeAsString();
    head = {head.sequence + 1, chain::Link(head.hash, head.sequence + 1, payload)};
    const RecordIndex index = IndexOf(event, true);
    const Result<ChainRow> about = FindChain(connection_, index.about);
    if (!about.ok() && about.error().code != ErrorCode::kNotFound) return about.error();
    const std::int64_t about_number = about.ok() ? about.value().number : chain.number;
    const Record record{head.sequence, head.hash, payload, index};
    if (Status stored = Insert({chain.number, about_number, event.time_us()}, record); !stored.ok())
      return stored.error();
    newest_us = event.time_us();
  }
  const Result<chain::Checkpoint> checkpoint = chain::SignCheckpoint(own.key, chain.log_id, head, newest_us);
  if (!checkpoint.ok()) return checkpoint.error();
  if (Status moved = MoveHead(chain, checkpoint.value(), newest_us); !moved.ok()) return moved.error();
  return head;
}

}  // namespace sekimori::store
