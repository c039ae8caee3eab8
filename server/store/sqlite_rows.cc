#include "server/store/sqlite_rows.h"

#include <openssl/crypto.h>

namespace sekimori::store {

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
