#include "server/store/sqlite_rows.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <openssl/crypto.h>

namespace sekimori::store {

namespace {

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

AttestedRow RowOf(const Terminal& terminal) {
  return {{RowKind::kTerminal, terminal.id}, DigestOf(terminal)};
}
AttestedRow RowOf(const Token& token) {
  return {{RowKind::kToken, token.id}, DigestOf(token)};
}
AttestedRow RowOf(const Policy& policy) {
  return {{RowKind::kPolicy, std::to_string(policy.version)}, DigestOf(policy)};
}

// Hands the rows of a prepared and bound query to `take`.
template <typename T>
Status Give(Statement& query, T (*read)(const Statement&), const std::function<void(const AttestedRow&)>& take) {
  for (;;) {
    const Result<bool> row = query.Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return Status::Ok();
    take(RowOf(read(query)));
  }
}

Status GiveRows(Connection& connection, RowKind kind, const std::optional<std::string>& id,
                const std::function<void(const AttestedRow&)>& take) {
  if (kind == RowKind::kSite) {
    const Result<Site> site = FindSite(connection);
    if (site.ok()) take({{RowKind::kSite, ""}, DigestOf(site.value())});
    return site.ok() ? Status::Ok() : Status(site.error());
  }
  std::string sql = kind == RowKind::kTerminal ? "SELECT " SEKIMORI_TERMINAL_COLUMNS " FROM terminals"
                    : kind == RowKind::kToken  ? "SELECT " SEKIMORI_TOKEN_COLUMNS " FROM tokens"
                                               : "SELECT " SEKIMORI_POLICY_COLUMNS " FROM policies";
  sql += kind == RowKind::kTerminal ? " WHERE id<>'collector'" : " WHERE 1=1";
  if (id) sql += kind == RowKind::kPolicy ? " AND version=?" : " AND id=?";
  Result<Statement> query = connection.Lend(sql);
  if (!query.ok()) return query.error();
  if (id && kind == RowKind::kPolicy) query.value().Int(std::strtoll(id->c_str(), nullptr, 10));
  if (id && kind != RowKind::kPolicy) query.value().Text(*id);
  if (kind == RowKind::kPolicy) return Give<Policy>(query.value(), ReadPolicy, take);
  if (kind == RowKind::kToken) return Give<Token>(query.value(), ReadToken, take);
  return Give<Terminal>(query.value(), ReadTerminal, take);
}

}  // namespace

Result<AttestedRow> FindRow(Connection& connection, const RowKey& key) {
  std::optional<AttestedRow> found;
  if (Status given = GiveRows(connection, key.kind, key.id, [&](const AttestedRow& row) { found = row; }); !given.ok())
    return given.error();
  if (found) return *found;
  return Error{ErrorCode::kNotFound, std::string(RowKindName(key.kind)) + " " + key.id, "no such row"};
}

Status VisitRows(Connection& connection, const std::function<void(const AttestedRow&)>& take) {
  for (const RowKind kind : {RowKind::kSite, RowKind::kTerminal, RowKind::kToken, RowKind::kPolicy})
    if (Status given = GiveRows(connection, kind, std::nullopt, take); !given.ok()) return given;
  return Status::Ok();
}

Terminal ReadTerminal(const Statement& row) {
  Terminal terminal;
  terminal.id = row.GetText(1);
  terminal.hostname = row.GetText(2);
  terminal.os = row.GetText(3);
  terminal.machine_id = row.GetText(4);
  terminal.group = row.GetText(5);
  terminal.log_id = row.GetArray<chain::LogId>(6);
  terminal.certificate_sha256 = row.GetArray<signing::Sha256Hash>(7);
  terminal.key_spki = row.GetText(8);
  terminal.enrolled_us = row.GetInt(9);
  terminal.last_contact_us = row.GetInt(10);
  terminal.agent_version = row.GetText(11);
  terminal.mode = static_cast<proto::Mode>(row.GetInt(12));
  terminal.policy_version = row.GetCount(13);
  terminal.policy_report = {row.GetCount(14), row.GetInt(15) != 0, row.GetText(16), row.GetText(17), row.GetInt(18)};
  terminal.revoked_us = row.GetInt(19);
  terminal.revoked_reason = row.GetText(20);
  terminal.head = {row.GetCount(21), row.GetArray<chain::Hash>(22)};
  terminal.first_sequence = row.GetCount(23);
  terminal.disputed = row.GetInt(24) != 0;
  return terminal;
}

Result<ChainRow> FindChain(Connection& connection, std::string_view terminal) {
  Result<Statement> find =
      connection.Lend("SELECT number,log_id,key_id,head_sequence,head_hash,revoked_us FROM terminals WHERE id=?");
  if (!find.ok()) return find.error();
  Statement& row = find.value();
  const Result<bool> found = row.Text(terminal).Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return Error{ErrorCode::kNotFound, std::string(terminal), "no terminal has this id"};
  return ChainRow{row.GetInt(0), row.GetArray<chain::LogId>(1), row.GetArray<signing::Sha256Hash>(2),
                  chain::Head{row.GetCount(3), row.GetArray<chain::Hash>(4)}, row.GetInt(5)};
}

Token ReadToken(const Statement& row) {
  Token token;
  token.id = row.GetText(0);
  token.secret_sha256 = row.GetArray<signing::Sha256Hash>(1);
  token.uses = static_cast<std::uint32_t>(row.GetInt(2));
  token.uses_left = static_cast<std::uint32_t>(row.GetInt(3));
  token.created_us = row.GetInt(4);
  token.expires_us = row.GetInt(5);
  token.group = row.GetText(6);
  token.created_by = row.GetText(7);
  token.revoked_us = row.GetInt(8);
  return token;
}

Policy ReadPolicy(const Statement& row) {
  return Policy{row.GetCount(0), row.GetText(1), row.GetText(2),  row.GetText(3),
                row.GetInt(4),   row.GetText(5), row.GetCount(6), row.GetText(7)};
}

Result<Site> FindSite(Connection& connection) {
  Result<Statement> query = connection.Lend(
      "SELECT s.id,s.name,s.hosts,s.port,s.created_us,t.log_id,t.key_spki FROM site s JOIN terminals t ON t.id=?");
  if (!query.ok()) return query.error();
  Statement& row = query.value();
  const Result<bool> found = row.Text(kOwnLog).Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return Error{ErrorCode::kNotFound, "collector.db", "the database has no site in it"};
  return Site{row.GetText(0),
              row.GetText(1),
              SplitLines(row.GetBytes(2)),
              static_cast<std::uint16_t>(row.GetInt(3)),
              row.GetArray<chain::LogId>(5),
              row.GetText(6),
              row.GetInt(4)};
}

Result<Token> FindSpendableToken(Connection& connection, const TokenClaim& claim) {
  const std::string where = "token " + claim.id;
  Result<Statement> find = connection.Lend("SELECT " SEKIMORI_TOKEN_COLUMNS " FROM tokens WHERE id=?");
  if (!find.ok()) return find.error();
  const Result<bool> found = find.value().Text(claim.id).Step();
  if (!found.ok()) return found.error();
  if (!found.value()) return Error{ErrorCode::kNotFound, where, "no token has this id"};
  Token token = ReadToken(find.value());
  // The secret first: only its holder learns why the token is no longer good.
  if (CRYPTO_memcmp(token.secret_sha256.data(), claim.secret_sha256.data(), claim.secret_sha256.size()) != 0)
    return Error{ErrorCode::kUntrusted, where, "the secret is not this token's"};
  if (token.revoked_us != 0) return Error{ErrorCode::kDenied, where, "the token was revoked"};
  if (claim.now_us >= token.expires_us) return Error{ErrorCode::kExpired, where, "the token has expired"};
  if (token.uses_left == 0) return Error{ErrorCode::kConflict, where, "every use of the token is spent"};
  return token;
}

}  // namespace sekimori::store
