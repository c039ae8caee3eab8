// The Reader's look-ups. Searches are in sqlite_events.cc, verification's visit in sqlite_chain.cc.
#include "server/store/sqlite_reader.h"

#include "server/store/sqlite_rows.h"

namespace sekimori::store {

namespace {

// Steps a prepared query and turns every row into a value.
template <typename T>
Result<std::vector<T>> Collect(Statement& query, T (*read)(const Statement&)) {
  std::vector<T> values;
  for (;;) {
    const Result<bool> row = query.Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return values;
    values.push_back(read(query));
  }
}

template <typename T>
Result<T> First(Statement& query, T (*read)(const Statement&), std::string where, std::string_view missing) {
  const Result<bool> row = query.Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kNotFound, std::move(where), std::string(missing)};
  return read(query);
}

}  // namespace

Result<Site> SqliteReader::GetSite() {
  return FindSite(*connection_);
}

Result<Terminal> SqliteReader::FindTerminal(std::string_view id) {
  Result<Statement> query =
      connection_->Lend("SELECT " SEKIMORI_TERMINAL_COLUMNS " FROM terminals WHERE id=? AND id<>'collector'");
  if (!query.ok()) return query.error();
  query.value().Text(id);
  return First<Terminal>(query.value(), ReadTerminal, std::string(id), "no terminal has this id");
}

Result<Terminal> SqliteReader::FindTerminalByCertificate(const signing::Sha256Hash& certificate) {
  Result<Statement> query = connection_->Lend("SELECT " SEKIMORI_TERMINAL_COLUMNS
                                              " FROM terminals WHERE certificate_sha256=? AND id<>'collector'");
  if (!query.ok()) return query.error();
  query.value().Blob(signing::AsBytes(certificate));
  return First<Terminal>(query.value(), ReadTerminal, signing::Hex(certificate), "no terminal has this certificate");
}

Result<Terminal> SqliteReader::FindTerminalByKey(const signing::Sha256Hash& key_id) {
  Result<Statement> query = connection_->Lend("SELECT " SEKIMORI_TERMINAL_COLUMNS
                                              " FROM terminals WHERE key_id=? AND id<>'collector' ORDER BY number "
                                              "DESC LIMIT 1");
  if (!query.ok()) return query.error();
  query.value().Blob(signing::AsBytes(key_id));
  return First<Terminal>(query.value(), ReadTerminal, signing::Hex(key_id), "no terminal has this key");
}

Result<std::vector<Terminal>> SqliteReader::ListTerminals(std::optional<std::string_view> group) {
  Result<Statement> query =
      connection_->Lend("SELECT " SEKIMORI_TERMINAL_COLUMNS
                        " FROM terminals WHERE id<>'collector' AND (?1 = 0 OR \"group\"=?2) ORDER BY hostname,id");
  if (!query.ok()) return query.error();
  query.value().Int(group.has_value() ? 1 : 0).Text(group.value_or(""));
  return Collect<Terminal>(query.value(), ReadTerminal);
}

Result<chain::Hash> SqliteReader::HashAt(std::string_view terminal, std::uint64_t sequence) {
  Result<Statement> query = connection_->Lend(
      "SELECT r.hash FROM terminals t JOIN records r ON r.terminal=t.number AND r.sequence=? WHERE t.id=?");
  if (!query.ok()) return query.error();
  query.value().Count(sequence).Text(terminal);
  return First<chain::Hash>(
      query.value(), [](const Statement& row) { return row.GetArray<chain::Hash>(0); },
      std::string(terminal) + " record " + std::to_string(sequence), "not stored here");
}

Result<std::vector<DisputedRecord>> SqliteReader::ListDisputed(std::string_view terminal) {
  Result<Statement> query = connection_->Lend(
      "SELECT t.id,d.sequence,d.payload,d.why,d.peer,d.received_us FROM terminals t JOIN disputed d ON "
      "d.terminal=t.number WHERE t.id=? ORDER BY d.id");
  if (!query.ok()) return query.error();
  query.value().Text(terminal);
  return Collect<DisputedRecord>(query.value(), [](const Statement& row) {
    return DisputedRecord{row.GetText(0), row.GetCount(1), row.GetText(2), static_cast<proto::AlarmKind>(row.GetInt(3)),
                          row.GetText(4), row.GetInt(5)};
  });
}

Result<Token> SqliteReader::CheckToken(const TokenClaim& claim) {
  return FindSpendableToken(*connection_, claim);
}

Result<std::vector<Token>> SqliteReader::ListTokens() {
  Result<Statement> query =
      connection_->Lend("SELECT " SEKIMORI_TOKEN_COLUMNS " FROM tokens ORDER BY created_us DESC,id");
  if (!query.ok()) return query.error();
  return Collect<Token>(query.value(), ReadToken);
}

Result<Policy> SqliteReader::FindPolicy(std::uint64_t version) {
  Result<Statement> query = connection_->Lend("SELECT " SEKIMORI_POLICY_COLUMNS " FROM policies WHERE version=?");
  if (!query.ok()) return query.error();
  query.value().Count(version);
  return First<Policy>(query.value(), ReadPolicy, "policy version " + std::to_string(version), "no such version");
}

Result<Policy> SqliteReader::NewestPolicy(std::string_view group) {
  Result<Statement> query =
      connection_->Lend("SELECT " SEKIMORI_POLICY_COLUMNS
                        " FROM policies WHERE \"group\"=? AND terminal='' ORDER BY version DESC LIMIT 1");
  if (!query.ok()) return query.error();
  query.value().Text(group);
  return First<Policy>(query.value(), ReadPolicy, "group " + std::string(group), "no policy was applied to this group");
}

Result<std::uint64_t> SqliteReader::NewestVersion(std::optional<std::string_view> group) {
  Result<Statement> query = connection_->Lend(
      group.has_value() ? "SELECT ifnull(max(version),0) FROM policies WHERE \"group\"=? AND terminal=''"
                        : "SELECT ifnull(max(version),0) FROM policies");
  if (!query.ok()) return query.error();
  if (group.has_value()) query.value().Text(*group);
  return First<std::uint64_t>(
      query.value(), [](const Statement& row) { return row.GetCount(0); }, "policies", "no row");
}

Result<std::vector<Policy>> SqliteReader::ListPolicies(const PolicyFilter& filter) {
  Result<Statement> query = connection_->Lend(
      "SELECT " SEKIMORI_POLICY_COLUMNS
      " FROM policies WHERE (?1 = 0 OR \"group\"=?2) AND (?3 = 1 OR terminal='') ORDER BY version DESC");
  if (!query.ok()) return query.error();
  query.value().Int(filter.group ? 1 : 0).Text(filter.group.value_or("")).Int(filter.with_moves ? 1 : 0);
  return Collect<Policy>(query.value(), ReadPolicy);
}

Result<std::vector<PolicyDue>> SqliteReader::PoliciesDue(std::optional<std::string_view> terminal) {
  // One statement is one view. Both inner ones end in the index policies_due.
  Result<Statement> query = connection_->Lend(
      std::string("SELECT t.id,t.revoked_us,t.policy_version,"
                  "(SELECT ifnull(max(p.version),0) FROM policies p WHERE p.\"group\"=t.\"group\" AND p.terminal=t.id),"
                  "(SELECT ifnull(max(p.version),0) FROM policies p WHERE p.\"group\"=t.\"group\" AND p.terminal='') "
                  "FROM terminals t WHERE t.id<>'collector'") +
      (terminal ? " AND t.id=?" : ""));
  if (!query.ok()) return query.error();
  if (terminal) query.value().Text(*terminal);
  return Collect<PolicyDue>(query.value(), [](const Statement& row) {
    return PolicyDue{row.GetText(0), row.GetInt(1) != 0, row.GetCount(2), row.GetCount(3), row.GetCount(4)};
  });
}

Result<std::uint64_t> SqliteReader::ChangeCounter() {
  const Result<std::int64_t> version = connection_->QueryInt("PRAGMA data_version");
  if (!version.ok()) return version.error();
  return static_cast<std::uint64_t>(version.value());
}

}  // namespace sekimori::store
