#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "agent/login_store/rows.h"
#include "agent/login_store/sqlite_login_store.h"
#include "agent/login_store/store_state.h"
#include "agent/ports/login_store.h"
#include "proto/toml_text/text_bounds.h"

namespace sekimori::login_store {
namespace {

using ports::LoginEnrolment;
using sqlite::Database;
using sqlite::Statement;

constexpr std::size_t kMostRevoked = 48;

Error Invalid(const char* what) {
  return Error{ErrorCode::kInvalid, "enrolment", what};
}

Status CheckEnrolment(std::uint32_t uid, const ports::Enrolment& enrolment) {
  const model::Credential& credential = enrolment.credential;
  if (uid == model::kNobody) return Invalid("nobody has this user id");
  if (Status checked = CheckId(credential.id); !checked.ok()) return checked;
  if (credential.id.ends_with(ports::kTriesAtConsole)) return Invalid("an id that tries at the console are counted by");
  if (credential.revoked) return Invalid("want a credential that is not revoked");
  if (credential.label.size() > LoginEnrolment::kLongestLabel || !toml_text::IsUtf8(credential.label) ||
      toml_text::FirstForbiddenCharacter(credential.label))
    return Invalid("want a label of at most 128 bytes without control characters");
  if (enrolment.secret.bytes().size() > LoginEnrolment::kLongestSecret)
    return Invalid("want a secret of at most 4,096 bytes");
  return Status::Ok();
}

bool IsLive(const CredentialRow& row) {
  return !row.credential.revoked;
}

// A user who has credentials already is counted.
Status CheckRoom(Database& database, const std::vector<CredentialRow>& rows) {
  if (std::count_if(rows.begin(), rows.end(), IsLive) >= std::ptrdiff_t{LoginEnrolment::kMostCredentials})
    return Error{ErrorCode::kFull, "enrolment", "the user has 16 credentials; revoke one that is no longer used"};
  if (!rows.empty()) return Status::Ok();
  const Result<std::int64_t> users = database.AskInteger("SELECT count(DISTINCT uid) FROM credentials");
  if (!users.ok()) return users.error();
  if (users.value() >= std::int64_t{LoginEnrolment::kMostUsers})
    return Error{ErrorCode::kFull, "enrolment", "20,000 users are enrolled on this terminal"};
  return Status::Ok();
}

model::CredentialKey AtConsole(model::CredentialKey key) {
  key.credential += ports::kTriesAtConsole;
  return key;
}

Status DeleteAllTries(Database& database, const model::CredentialKey& key) {
  if (Status done = DeleteTries(database, key); !done.ok()) return done;
  return DeleteTries(database, AtConsole(key));
}

Status ForgetOldestRevoked(Database& database, std::uint32_t uid, const std::vector<CredentialRow>& rows) {
  const auto revoked = rows.end() - rows.begin() - std::count_if(rows.begin(), rows.end(), IsLive);
  if (revoked < std::ptrdiff_t{kMostRevoked}) return Status::Ok();
  const auto oldest = std::find_if_not(rows.begin(), rows.end(), IsLive);
  const model::CredentialKey key{uid, oldest->credential.id};
  Result<Statement> forget = database.Prepare("DELETE FROM credentials WHERE uid = ?1 AND number = ?2");
  if (!forget.ok()) return forget.error();
  if (Status done = forget.value().Bind(1, std::uint64_t{uid}).Bind(2, oldest->number).Run(); !done.ok()) return done;
  if (Status done = DeleteAllTries(database, key); !done.ok()) return done;
  return DeleteCounter(database, key);
}

auto WithId(std::vector<CredentialRow>& rows, const std::string& id) {
  return std::find_if(rows.begin(), rows.end(), [&](const CredentialRow& row) { return row.credential.id == id; });
}

// Those at the console and those of everywhere else as one: the higher number.
Result<std::vector<ports::CredentialState>> ReadTried(Database& database, std::uint32_t uid) {
  Result<Statement> statement =
      database.Prepare("SELECT credential, tries FROM tries WHERE uid = ?1 ORDER BY credential");
  if (!statement.ok()) return statement.error();
  statement.value().Bind(1, std::uint64_t{uid});
  std::vector<ports::CredentialState> tried;
  for (;;) {
    const Result<bool> row = statement.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return tried;
    const Result<std::uint32_t> tries = Number32(statement.value().Integer(1), "a number of tries");
    if (!tries.ok()) return tries.error();
    std::string id = statement.value().Text(0);
    if (id.ends_with(ports::kTriesAtConsole)) id.resize(id.size() - std::strlen(ports::kTriesAtConsole));
    const auto known = std::find_if(tried.begin(), tried.end(),
                                    [&](const ports::CredentialState& state) { return state.key.credential == id; });
    if (known == tried.end())
      tried.push_back({{uid, std::move(id)}, std::nullopt, tries.value()});
    else
      known->tries = std::max(known->tries, tries.value());
  }
}

}  // namespace

Status SqliteLoginStore::Enrol(std::uint32_t uid, const ports::Enrolment& enrolment) {
  if (Status checked = CheckEnrolment(uid, enrolment); !checked.ok()) return checked;
  return state_->Write([&]() -> Status {
    Database& database = state_->database;
    const model::CredentialKey key{uid, enrolment.credential.id};
    Result<std::vector<CredentialRow>> read = ReadCredentials(database, uid);
    if (!read.ok()) return read.error();
    std::vector<CredentialRow>& rows = read.value();
    if (WithId(rows, key.credential) != rows.end())
      return Error{ErrorCode::kExists, "user " + std::to_string(uid), "has or had a credential with this id"};
    if (Status room = CheckRoom(database, rows); !room.ok()) return room;
    // Tried before it was enrolled: not with this secret.
    if (Status done = DeleteAllTries(database, key); !done.ok()) return done;
    if (Status done = DeleteCounter(database, key); !done.ok()) return done;
    if (enrolment.counter)
      if (Status done = WriteCounter(database, key, *enrolment.counter); !done.ok()) return done;
    const CredentialRow row{.number = rows.empty() ? 1 : rows.back().number + 1,
                            .credential = enrolment.credential,
                            .method = static_cast<std::int64_t>(enrolment.credential.method),
                            .sealed = {}};
    return WriteRow(database, state_->sealer, state_->random, uid, row, enrolment.secret.bytes());
  });
}

Status SqliteLoginStore::Revoke(const model::CredentialKey& key) {
  return state_->Write([&]() -> Status {
    Result<std::vector<CredentialRow>> rows = ReadCredentials(state_->database, key.uid);
    if (!rows.ok()) return rows.error();
    const auto row = WithId(rows.value(), key.credential);
    if (row == rows.value().end())
      return Error{ErrorCode::kNotFound, "user " + std::to_string(key.uid), "no such credential"};
    // What is damaged has to go too, or nobody could enrol its user again; what it says of itself is not believed.
    const Result<model::Secret> opened = OpenRow(state_->sealer, key.uid, *row);
    if (!opened.ok() && opened.error().code != ErrorCode::kCorrupt) return opened.error();
    if (opened.ok() && row->credential.revoked)
      return Error{ErrorCode::kConflict, "user " + std::to_string(key.uid), "this credential is revoked already"};
    if (!opened.ok()) row->credential.label.clear();
    if (Status done = ForgetOldestRevoked(state_->database, key.uid, rows.value()); !done.ok()) return done;
    row->credential.revoked = true;
    return WriteRow(state_->database, state_->sealer, state_->random, key.uid, *row, {});
  });
}

Status SqliteLoginStore::Unlock(const model::CredentialKey& key) {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked;
  return state_->Write([&] { return DeleteAllTries(state_->database, key); });
}

Result<std::vector<ports::CredentialState>> SqliteLoginStore::StatesOf(std::uint32_t uid) const {
  Result<std::vector<model::Credential>> credentials = Credentials(uid);
  if (!credentials.ok()) return credentials.error();
  Result<std::vector<ports::CredentialState>> tried = state_->Read([&] { return ReadTried(state_->database, uid); });
  if (!tried.ok()) return tried.error();
  std::vector<ports::CredentialState> states;
  for (model::Credential& credential : credentials.value()) {
    const auto counted = std::find_if(tried.value().begin(), tried.value().end(),
                                      [&](const auto& state) { return state.key.credential == credential.id; });
    ports::CredentialState state{{uid, credential.id}, std::move(credential), 0};
    if (counted != tried.value().end()) {
      state.tries = counted->tries;
      tried.value().erase(counted);
    }
    states.push_back(std::move(state));
  }
  for (ports::CredentialState& state : tried.value())
    states.push_back(std::move(state));
  return states;
}

Result<std::vector<std::uint32_t>> SqliteLoginStore::Users(std::optional<std::uint32_t> after, std::size_t most) const {
  return state_->Read([&]() -> Result<std::vector<std::uint32_t>> {
    Result<Statement> statement = state_->database.Prepare(
        "SELECT uid FROM credentials WHERE uid > ?1 UNION SELECT uid FROM tries WHERE uid > ?1 ORDER BY uid LIMIT ?2");
    if (!statement.ok()) return statement.error();
    statement.value().Bind(1, after ? std::int64_t{*after} : -1).Bind(2, std::uint64_t{most});
    std::vector<std::uint32_t> users;
    for (;;) {
      const Result<bool> row = statement.value().Step();
      if (!row.ok()) return row.error();
      if (!row.value()) return users;
      const Result<std::uint32_t> uid = Number32(statement.value().Integer(0), "a user id");
      if (!uid.ok()) return uid.error();
      users.push_back(uid.value());
    }
  });
}

}  // namespace sekimori::login_store
