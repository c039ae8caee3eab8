#include "agent/login_store/rows.h"

#include <limits>
#include <utility>

#include "agent/ports/login_enrolment.h"
#include "agent/ports/login_store.h"
#include "proto/toml_text/text_bounds.h"

namespace sekimori::login_store {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::string_view kSealDomain{"sekimori credential v1\0", 23};
constexpr std::size_t kCounterSize = 8;

template <typename Number>
void PutNumber(std::string& bytes, Number number) {
  for (std::size_t shift = sizeof number * 8; shift != 0; shift -= 8)
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(number >> (shift - 8))));
}

void PutText(std::string& bytes, std::string_view text) {
  PutNumber(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

// Everything of the row but its place, so that none of it can be changed and no row can be given to another user.
std::string BelongsTo(std::uint32_t uid, const model::Credential& credential) {
  std::string bytes(kSealDomain);
  PutNumber(bytes, uid);
  bytes.push_back(static_cast<char>(credential.method));
  bytes.push_back(credential.revoked ? '\1' : '\0');
  PutText(bytes, credential.id);
  PutText(bytes, credential.label);
  return bytes;
}

bool IsMethod(std::int64_t method) {
  return method >= static_cast<std::int64_t>(model::Method::kPassword) &&
         method <= static_cast<std::int64_t>(model::Method::kEmergencyCode);
}

CredentialRow RowOf(const Statement& at) {
  const std::int64_t method = at.Integer(2);
  return {.number = at.Integer(0),
          .credential = {.id = at.Text(1),
                         .method = IsMethod(method) ? static_cast<model::Method>(method) : model::Method::kPassword,
                         .label = at.Text(4),
                         .revoked = at.Integer(3) != 0},
          .method = method,
          .sealed = std::string(at.Blob(5))};
}

Status RunFor(Database& database, const char* sql, const model::CredentialKey& key) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement.ok()) return statement.error();
  return statement.value().Bind(1, std::uint64_t{key.uid}).BindText(2, key.credential).Run();
}

}  // namespace

Status CheckId(const std::string& id) {
  std::string_view itself = id;
  if (itself.ends_with(ports::kTriesAtConsole)) itself.remove_suffix(std::string_view(ports::kTriesAtConsole).size());
  if (itself.empty() || itself.size() > ports::LoginEnrolment::kLongestId || !toml_text::IsUtf8(id) ||
      toml_text::FirstForbiddenCharacter(id))
    return Error{ErrorCode::kInvalid, "credential", "want an id of 1 to 64 bytes without control characters"};
  return Status::Ok();
}

Result<std::uint32_t> Number32(std::int64_t stored, const char* what) {
  if (stored < 0 || stored > std::numeric_limits<std::uint32_t>::max())
    return Error{ErrorCode::kCorrupt, "login store", std::string(what) + " is " + std::to_string(stored)};
  return static_cast<std::uint32_t>(stored);
}

Result<std::vector<CredentialRow>> ReadCredentials(Database& database, std::uint32_t uid) {
  Result<Statement> statement = database.Prepare(
      "SELECT number, id, method, revoked, label, sealed FROM credentials WHERE uid = ?1 ORDER BY number");
  if (!statement.ok()) return statement.error();
  statement.value().Bind(1, std::uint64_t{uid});
  std::vector<CredentialRow> rows;
  for (;;) {
    const Result<bool> row = statement.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return rows;
    rows.push_back(RowOf(statement.value()));
  }
}

Result<model::Secret> OpenRow(const Sealer& sealer, std::uint32_t uid, const CredentialRow& row) {
  const Error damaged{
      ErrorCode::kCorrupt, "credential " + toml_text::Quoted(row.credential.id) + " of user " + std::to_string(uid),
      "it was changed, is another user's, or is damaged; once it is revoked the user can be enrolled anew"};
  if (!IsMethod(row.method)) return damaged;
  Result<model::Secret> secret = sealer.Open(row.sealed, BelongsTo(uid, row.credential));
  if (!secret.ok() && secret.error().code == ErrorCode::kCorrupt) return damaged;
  return secret;
}

Status WriteRow(Database& database, const Sealer& sealer, ports::Random& random, std::uint32_t uid, CredentialRow row,
                std::string_view secret) {
  const model::Credential& credential = row.credential;
  const Result<std::string> sealed = sealer.Seal(secret, BelongsTo(uid, credential), random);
  if (!sealed.ok()) return sealed.error();
  Result<Statement> insert = database.Prepare("INSERT OR REPLACE INTO credentials VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (!insert.ok()) return insert.error();
  return insert.value()
      .Bind(1, std::uint64_t{uid})
      .Bind(2, row.number)
      .BindText(3, credential.id)
      .Bind(4, static_cast<std::int64_t>(credential.method))
      .Bind(5, std::int64_t{credential.revoked ? 1 : 0})
      .BindText(6, credential.label)
      .BindBlob(7, sealed.value())
      .Run();
}

Result<std::uint32_t> ReadTries(Database& database, const model::CredentialKey& key) {
  Result<Statement> statement = database.Prepare("SELECT tries FROM tries WHERE uid = ?1 AND credential = ?2");
  if (!statement.ok()) return statement.error();
  statement.value().Bind(1, std::uint64_t{key.uid}).BindText(2, key.credential);
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  return row.value() ? Number32(statement.value().Integer(0), "a number of tries") : 0U;
}

Status DeleteTries(Database& database, const model::CredentialKey& key) {
  return RunFor(database, "DELETE FROM tries WHERE uid = ?1 AND credential = ?2", key);
}

Result<std::optional<std::uint64_t>> ReadCounter(Database& database, const model::CredentialKey& key) {
  Result<Statement> statement = database.Prepare("SELECT counter FROM counters WHERE uid = ?1 AND credential = ?2");
  if (!statement.ok()) return statement.error();
  statement.value().Bind(1, std::uint64_t{key.uid}).BindText(2, key.credential);
  const Result<bool> row = statement.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return std::optional<std::uint64_t>();
  const std::string_view bytes = statement.value().Blob(0);
  if (bytes.size() != kCounterSize)
    return Error{ErrorCode::kCorrupt, "login store", "a counter is " + std::to_string(bytes.size()) + " bytes long"};
  std::uint64_t counter = 0;
  for (const char byte : bytes)
    counter = counter << 8 | static_cast<unsigned char>(byte);
  return std::optional(counter);
}

Status WriteCounter(Database& database, const model::CredentialKey& key, std::uint64_t counter) {
  // Eight bytes, because SQLite's integers end where FIDO's and time's counters need not.
  std::string bytes;
  PutNumber(bytes, counter);
  Result<Statement> insert = database.Prepare("INSERT OR REPLACE INTO counters VALUES (?1, ?2, ?3)");
  if (!insert.ok()) return insert.error();
  return insert.value().Bind(1, std::uint64_t{key.uid}).BindText(2, key.credential).BindBlob(3, bytes).Run();
}

Status DeleteCounter(Database& database, const model::CredentialKey& key) {
  return RunFor(database, "DELETE FROM counters WHERE uid = ?1 AND credential = ?2", key);
}

}  // namespace sekimori::login_store
