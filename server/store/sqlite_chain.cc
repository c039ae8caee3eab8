// The Reader's visit for verification: facts, checkpoints and records of all chains from one consistent view.
#include <algorithm>

#include "server/store/sqlite_reader.h"
#include "server/store/sqlite_rows.h"

namespace sekimori::store {

namespace {

// Chains in the order of their facts, found by the number the tables use.
struct Chains {
  std::vector<std::int64_t> numbers;
  std::vector<std::size_t> places;  // by number; kNoChain where there is none
  std::vector<ChainFacts> facts;

  [[nodiscard]] std::size_t PlaceOf(std::int64_t number) const {
    const auto at = static_cast<std::size_t>(number);
    return number >= 0 && at < places.size() ? places[at] : kNoChain;
  }
};

// Of the own chain, given when the site is made.
constexpr std::int64_t kOwnNumber = 1;

// A number far beyond the rows there are is no number this program gave: it must not decide how much memory is taken.
constexpr std::int64_t kMaxNumber = 10'000'000;

// Hands every row of a query to `take`.
template <typename Take>
Status ForEach(Statement& query, Take take) {
  for (;;) {
    const Result<bool> row = query.Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return Status::Ok();
    take(static_cast<const Statement&>(query));
  }
}

Status ReadChains(Connection& connection, const VisitTerms& terms, Chains& chains) {
  Result<Statement> query = connection.Lend(
      "SELECT number,id,hostname,log_id,head_sequence,head_hash FROM terminals WHERE ?1 = 0 OR id=?2 OR (?3 = 1 AND "
      "id='collector') ORDER BY number");
  if (!query.ok()) return query.error();
  query.value().Int(terms.terminal.has_value() ? 1 : 0).Text(terms.terminal.value_or("")).Int(terms.with_own ? 1 : 0);
  const Status read = ForEach(query.value(), [&](const Statement& row) {
    const std::int64_t number = row.GetInt(0);
    if (number < 0 || number > kMaxNumber) return;
    if (static_cast<std::size_t>(number) >= chains.places.size())
      chains.places.resize(static_cast<std::size_t>(number) + 1, kNoChain);
    chains.places[static_cast<std::size_t>(number)] = chains.facts.size();
    chains.numbers.push_back(number);
    chains.facts.push_back({row.GetText(1),
                            row.GetText(2),
                            row.GetArray<chain::LogId>(3),
                            {row.GetCount(4), row.GetArray<chain::Hash>(5)},
                            {},
                            {}});
  });
  if (!read.ok()) return read;
  const bool found = std::any_of(chains.facts.begin(), chains.facts.end(),
                                 [&](const ChainFacts& facts) { return facts.terminal == terms.terminal; });
  if (terms.terminal.has_value() && !found)
    return Error{ErrorCode::kNotFound, std::string(*terms.terminal), "no terminal has this id"};
  return Status::Ok();
}

Status ReadKeysAndGaps(Connection& connection, Chains& chains) {
  Result<Statement> keys = connection.Lend(
      "SELECT terminal,spki,certificate_sha256,registered_us FROM keys ORDER BY terminal,registered_us");
  if (!keys.ok()) return keys.error();
  const Status keys_read = ForEach(keys.value(), [&](const Statement& row) {
    const std::size_t place = chains.PlaceOf(row.GetInt(0));
    if (place == kNoChain) return;
    chains.facts[place].keys.push_back({row.GetText(1), row.GetArray<signing::Sha256Hash>(2), row.GetInt(3)});
  });
  if (!keys_read.ok()) return keys_read;
  Result<Statement> gaps = connection.Lend(
      "SELECT terminal,before_sequence,before_hash,base_sequence,base_hash,found_us FROM gaps ORDER BY "
      "terminal,base_sequence");
  if (!gaps.ok()) return gaps.error();
  return ForEach(gaps.value(), [&](const Statement& row) {
    const std::size_t place = chains.PlaceOf(row.GetInt(0));
    if (place == kNoChain) return;
    chains.facts[place].gaps.push_back({chains.facts[place].terminal,
                                        chain::Head{row.GetCount(1), row.GetArray<chain::Hash>(2)},
                                        chain::Head{row.GetCount(3), row.GetArray<chain::Hash>(4)}, row.GetInt(5)});
  });
}

// Of one chain, or of all. False: the visitor wants no more.
Result<bool> GiveCheckpoints(Connection& connection, std::optional<std::int64_t> number, const Chains& chains,
                             ChainVisitor& visitor) {
  Result<Statement> query = connection.Lend(
      "SELECT terminal,sequence,log_id,hash,time_us,signature,key_id FROM checkpoints WHERE ?1 = 0 OR terminal=?2 "
      "ORDER BY terminal,sequence");
  if (!query.ok()) return query.error();
  query.value().Int(number ? 1 : 0).Int(number.value_or(0));
  for (;;) {
    const Result<bool> row = query.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return true;
    const Statement& columns = query.value();
    const std::size_t place = chains.PlaceOf(columns.GetInt(0));
    if (place == kNoChain) continue;
    const chain::Checkpoint checkpoint{columns.GetArray<chain::LogId>(2),
                                       {columns.GetCount(1), columns.GetArray<chain::Hash>(3)},
                                       columns.GetInt(4),
                                       columns.GetText(5)};
    if (!visitor.Checkpoint(place, checkpoint, columns.GetArray<signing::Sha256Hash>(6))) return false;
  }
}

RecordView ViewOf(const Statement& row, const Chains& chains, bool with_search_columns) {
  RecordView record;
  record.chain = chains.PlaceOf(row.GetInt(0));
  record.sequence = row.GetCount(1);
  record.hash = row.GetBytes(2);
  record.payload = row.GetBytes(3);
  if (!with_search_columns) return record;
  record.time_us = row.GetInt(4);
  record.type = static_cast<std::uint32_t>(row.GetInt(5));
  record.outcome = static_cast<Outcome>(row.GetInt(6));
  record.severity = static_cast<Severity>(row.GetInt(7));
  record.policy_version = row.GetCount(8);
  record.users = row.GetBytes(9);
  record.device = row.GetBytes(10);
  record.about = chains.PlaceOf(row.GetInt(11));
  return record;
}

// Of one chain; or all but the own one's, in the order of the table, which is several times faster than chain by chain
// over an index. False: the visitor wants no more.
Result<bool> GiveRecords(Connection& connection, std::optional<std::int64_t> number, const Chains& chains,
                         ChainVisitor& visitor, bool with_search_columns) {
  std::string sql = "SELECT terminal,sequence,hash,payload";
  if (with_search_columns) sql += ",time_us,type,outcome,severity,policy_version,users,device,about";
  sql += number ? " FROM records WHERE terminal=? ORDER BY sequence"
                : " FROM records NOT INDEXED WHERE terminal<>? ORDER BY id";
  Result<Statement> query = connection.Lend(sql);
  if (!query.ok()) return query.error();
  query.value().Int(number.value_or(kOwnNumber));
  for (;;) {
    const Result<bool> row = query.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return true;
    if (!visitor.Record(ViewOf(query.value(), chains, with_search_columns))) return false;
  }
}

// A search by time goes by the blocks, so a record outside of all of them, or of its own's range, would be missed, and
// one in two of them found twice. Nothing: all is well.
Result<std::optional<std::string>> CheckBlocks(Connection& connection) {
  Result<Statement> blocks = connection.Lend(
      "SELECT first_id,last_id,min_us,max_us,min_received_us,max_received_us FROM blocks ORDER BY first_id");
  if (!blocks.ok()) return blocks.error();
  Result<Statement> records = connection.Lend("SELECT id,time_us,received_us FROM records NOT INDEXED ORDER BY id");
  if (!records.ok()) return records.error();
  const Statement& block = blocks.value();
  const Statement& record = records.value();
  std::int64_t last_id = -1;  // of the block
  bool more_blocks = true;
  for (;;) {
    const Result<bool> row = records.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return std::optional<std::string>();
    const std::int64_t id = record.GetInt(0);
    while (more_blocks && last_id < id) {
      const std::int64_t before = last_id;
      const Result<bool> next = blocks.value().Step();
      if (!next.ok()) return next.error();
      more_blocks = next.value();
      if (more_blocks && block.GetInt(0) <= before) return std::optional<std::string>("two blocks overlap");
      if (more_blocks) last_id = block.GetInt(1);
    }
    const auto within = [&](int column, int least, int greatest) {
      return record.GetInt(column) >= block.GetInt(least) && record.GetInt(column) <= block.GetInt(greatest);
    };
    if (!more_blocks || id < block.GetInt(0) || !within(1, 2, 3) || !within(2, 4, 5))
      return std::optional<std::string>("row " + std::to_string(id) + " is not in the block it belongs to");
  }
}

}  // namespace

Result<std::vector<std::string>> SqliteReader::CheckStorage() {
  std::vector<std::string> found;
  {
    Result<Statement> check = connection_->Lend("PRAGMA integrity_check(20)");
    if (!check.ok()) return check.error();
    for (;;) {
      const Result<bool> row = check.value().Step();
      if (!row.ok()) return row.error();
      if (!row.value()) break;
      if (check.value().GetBytes(0) != "ok") found.push_back(check.value().GetText(0));
    }
  }
  const Result<Transaction> view = Transaction::Begin(*connection_, Connection::Access::kRead);
  if (!view.ok()) return view.error();
  const Result<std::optional<std::string>> blocks = CheckBlocks(*connection_);
  if (!blocks.ok()) return blocks.error();
  if (blocks.value()) found.push_back(*blocks.value());
  return found;
}

Status SqliteReader::VisitChains(const VisitTerms& terms,
                                 const std::function<ChainVisitor*(std::span<const ChainFacts>)>& begin) {
  Result<Transaction> view = Transaction::Begin(*connection_, Connection::Access::kRead);
  if (!view.ok()) return view.error();
  Chains chains;
  if (Status read = ReadChains(*connection_, terms, chains); !read.ok()) return read;
  if (Status read = ReadKeysAndGaps(*connection_, chains); !read.ok()) return read;
  ChainVisitor* visitor = begin(chains.facts);
  if (visitor == nullptr) return Status::Ok();
  bool wanted = true;
  const Status given =
      VisitRows(*connection_, [&](const AttestedRow& row) { wanted = wanted && visitor->Row(row.key, row.sha256); });
  if (!given.ok()) return given;
  if (!wanted) return Status::Ok();
  // None: all chains together. Of one terminal, and of the own chain before all others, by the index.
  std::vector<std::optional<std::int64_t>> asked(chains.numbers.begin(), chains.numbers.end());
  if (!terms.terminal) asked = {std::nullopt};
  for (const std::optional<std::int64_t> number : asked) {
    const Result<bool> more = GiveCheckpoints(*connection_, number, chains, *visitor);
    if (!more.ok()) return more.error();
    if (!more.value()) return Status::Ok();
  }
  if (!terms.terminal) asked = {kOwnNumber, std::nullopt};
  for (const std::optional<std::int64_t> number : asked) {
    const Result<bool> more = GiveRecords(*connection_, number, chains, *visitor, terms.with_search_columns);
    if (!more.ok()) return more.error();
    if (!more.value()) return Status::Ok();
  }
  return Status::Ok();
}

}  // namespace sekimori::store
