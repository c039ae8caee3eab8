// Reading and finding rows that both writer and reader need. SQL only; no decision.
#pragma once

#include <functional>
#include <string_view>

#include "server/store/registry_rows.h"
#include "server/store/sqlite_connection.h"
#include "server/store/values.h"

namespace sekimori::store {

// Columns of a Terminal in the order ReadTerminal wants them; `number` comes first.
#define SEKIMORI_TERMINAL_COLUMNS                                                                              \
  "number,id,hostname,os,machine_id,\"group\",log_id,certificate_sha256,key_spki,enrolled_us,last_contact_us," \
  "agent_version,mode,policy_version,report_version,report_in_force,report_error,report_detail,report_us,"     \
  "revoked_us,revoked_reason,head_sequence,head_hash,first_sequence,disputed"

[[nodiscard]] Terminal ReadTerminal(const Statement& row);

// What appending to a chain needs to know of it. Read inside the writing transaction.
struct ChainRow {
  std::int64_t number = 0;
  chain::LogId log_id{};
  signing::Sha256Hash key_id{};
  chain::Head head;
  std::int64_t revoked_us = 0;
};
// kNotFound. Also finds kOwnLog.
[[nodiscard]] Result<ChainRow> FindChain(Connection& connection, std::string_view terminal);

// The token, when the claim may be spent now; else what Writer::Enrol promises.
[[nodiscard]] Result<Token> FindSpendableToken(Connection& connection, const TokenClaim& claim);

// Columns of a Policy in the order ReadPolicy wants them.
#define SEKIMORI_POLICY_COLUMNS "version,\"group\",toml,signed_document,issued_us,operator,rolled_back_from,terminal"
[[nodiscard]] Policy ReadPolicy(const Statement& row);

// A row of the registry as it stands. kNotFound. The site's needs no id.
struct AttestedRow {
  RowKey key;
  signing::Sha256Hash sha256{};
};
[[nodiscard]] Result<AttestedRow> FindRow(Connection& connection, const RowKey& key);
// Every row there is.
[[nodiscard]] Status VisitRows(Connection& connection, const std::function<void(const AttestedRow&)>& take);

// kNotFound when there is none.
[[nodiscard]] Result<Site> FindSite(Connection& connection);

// Columns of a Token in the order ReadToken wants them.
#define SEKIMORI_TOKEN_COLUMNS "id,secret_sha256,uses,uses_left,created_us,expires_us,\"group\",created_by,revoked_us"
[[nodiscard]] Token ReadToken(const Statement& row);

}  // namespace sekimori::store
