#include "agent/login_store/sqlite_login_store.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "agent/login_store/rows.h"
#include "agent/login_store/store_state.h"

namespace sekimori::login_store {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::size_t kLongestText = 256;
constexpr std::chrono::minutes kFloorPace{1};

std::int64_t Microseconds(model::WallTime time) {
  return time.time_since_epoch().count();
}
model::WallTime TimeOf(std::int64_t microseconds) {
  return model::WallTime(std::chrono::microseconds(microseconds));
}

Result<std::uint32_t> CountOne(Database& database, const model::CredentialKey& key) {
  Result<Statement> count = database.Prepare(
      "INSERT INTO tries VALUES (?1, ?2, 1) ON CONFLICT (uid, credential) DO UPDATE SET tries = min(tries + 1, "
      "4294967295) RETURNING tries");
  if (!count.ok()) return count.error();
  count.value().Bind(1, std::uint64_t{key.uid}).BindText(2, key.credential);
  const Result<bool> row = count.value().Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return Error{ErrorCode::kInternal, "login store", "a try was not counted"};
  return Number32(count.value().Integer(0), "a number of tries");
}

Result<std::optional<model::LastLogin>> ReadLogin(Database& database, std::uint32_t uid) {
  Result<Statement> statement = database.Prepare("SELECT at_us, service, tty, remote_host FROM logins WHERE uid = ?1");
  if (!statement.ok()) return statement.error();
  Statement& at = statement.value().Bind(1, std::uint64_t{uid});
  const Result<bool> row = at.Step();
  if (!row.ok()) return row.error();
  if (!row.value()) return std::optional<model::LastLogin>();
  return std::optional(model::LastLogin{TimeOf(at.Integer(0)), at.Text(1), at.Text(2), at.Text(3)});
}

Result<std::uint32_t> ReadFailures(Database& database, std::uint32_t uid) {
  Result<Statement> statement = database.Prepare("SELECT since FROM failures WHERE uid = ?1");
  if (!statement.ok()) return statement.error();
  const Result<bool> row = statement.value().Bind(1, std::uint64_t{uid}).Step();
  if (!row.ok()) return row.error();
  return row.value() ? Number32(statement.value().Integer(0), "a number of failed logins") : 0U;
}

Status RunFor(Database& database, const char* sql, std::uint32_t uid) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement.ok()) return statement.error();
  return statement.value().Bind(1, std::uint64_t{uid}).Run();
}

Status WriteLogin(Database& database, std::uint32_t uid, const model::LastLogin& login) {
  Result<Statement> keep = database.Prepare("INSERT OR REPLACE INTO logins VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!keep.ok()) return keep.error();
  return keep.value()
      .Bind(1, std::uint64_t{uid})
      .Bind(2, Microseconds(login.at))
      .BindText(3, login.service)
      .BindText(4, login.tty)
      .BindText(5, login.remote_host)
      .Run();
}

Status RaiseFloor(Database& database, model::WallTime time) {
  Result<Statement> raise = database.Prepare("UPDATE store SET newest_us = max(newest_us, ?1)");
  if (!raise.ok()) return raise.error();
  return raise.value().Bind(1, Microseconds(time)).Run();
}

}  // namespace

SqliteLoginStore::SqliteLoginStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteLoginStore::~SqliteLoginStore() = default;

Result<std::vector<model::Credential>> SqliteLoginStore::Credentials(std::uint32_t uid) const {
  return state_->Read([&]() -> Result<std::vector<model::Credential>> {
    Result<std::vector<CredentialRow>> rows = ReadCredentials(state_->database, uid);
    if (!rows.ok()) return rows.error();
    std::vector<model::Credential> credentials;
    for (CredentialRow& row : rows.value()) {
      if (const Result<model::Secret> opened = OpenRow(state_->sealer, uid, row); !opened.ok()) return opened.error();
      credentials.push_back(std::move(row.credential));
    }
    return credentials;
  });
}

Result<model::Secret> SqliteLoginStore::SecretOf(const model::CredentialKey& key) const {
  return state_->Read([&]() -> Result<model::Secret> {
    const Result<std::vector<CredentialRow>> rows = ReadCredentials(state_->database, key.uid);
    if (!rows.ok()) return rows.error();
    for (const CredentialRow& row : rows.value())
      if (row.credential.id == key.credential && !row.credential.revoked) return OpenRow(state_->sealer, key.uid, row);
    return Error{ErrorCode::kNotFound, "user " + std::to_string(key.uid), "no such credential"};
  });
}

Result<std::uint32_t> SqliteLoginStore::Tries(const model::CredentialKey& key) const {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked.error();
  return state_->Read([&] { return ReadTries(state_->database, key); });
}

Result<std::uint32_t> SqliteLoginStore::CountTry(const model::CredentialKey& key) {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked.error();
  std::uint32_t number = 0;
  const Status counted = state_->Write([&]() -> Status {
    const Result<std::uint32_t> tries = CountOne(state_->database, key);
    if (!tries.ok()) return tries.error();
    number = tries.value();
    return Status::Ok();
  });
  if (!counted.ok()) return counted.error();
  return number;
}

Status SqliteLoginStore::ClearTries(const model::CredentialKey& key) {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked;
  return state_->Write([&] { return DeleteTries(state_->database, key); });
}

Result<std::optional<std::uint64_t>> SqliteLoginStore::Counter(const model::CredentialKey& key) const {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked.error();
  return state_->Read([&] { return ReadCounter(state_->database, key); });
}

Status SqliteLoginStore::AdvanceCounter(const model::CredentialKey& key, std::uint64_t counter) {
  if (Status checked = CheckId(key.credential); !checked.ok()) return checked;
  return state_->Write([&]() -> Status {
    const Result<std::optional<std::uint64_t>> kept = ReadCounter(state_->database, key);
    if (!kept.ok()) return kept.error();
    if (kept.value() && counter <= *kept.value())
      return Error{ErrorCode::kConflict, "user " + std::to_string(key.uid), "the counter does not go on"};
    return WriteCounter(state_->database, key, counter);
  });
}

Result<model::LoginHistory> SqliteLoginStore::History(std::uint32_t uid) const {
  return state_->Read([&]() -> Result<model::LoginHistory> {
    Result<std::optional<model::LastLogin>> last = ReadLogin(state_->database, uid);
    if (!last.ok()) return last.error();
    const Result<std::uint32_t> failed = ReadFailures(state_->database, uid);
    if (!failed.ok()) return failed.error();
    return model::LoginHistory{std::move(last).value(), failed.value()};
  });
}

Status SqliteLoginStore::KeepLogin(std::uint32_t uid, const model::LastLogin& login) {
  if (std::max({login.service.size(), login.tty.size(), login.remote_host.size()}) > kLongestText)
    return Error{ErrorCode::kTooLarge, "login", "want texts of at most 256 bytes"};
  return state_->Write([&] {
    Status done = WriteLogin(state_->database, uid, login);
    if (done.ok()) done = RunFor(state_->database, "DELETE FROM failures WHERE uid = ?1", uid);
    if (done.ok()) done = RaiseFloor(state_->database, login.at);
    return done;
  });
}

Status SqliteLoginStore::CountFailedLogin(std::uint32_t uid) {
  return state_->Write([&] {
    return RunFor(state_->database,
                  "INSERT INTO failures VALUES (?1, 1) ON CONFLICT (uid) DO UPDATE SET since = min(since + 1, "
                  "4294967295)",
                  uid);
  });
}

Result<model::WallTime> SqliteLoginStore::Newest() const {
  return state_->Read([&]() -> Result<model::WallTime> {
    const Result<std::int64_t> newest = state_->database.AskInteger("SELECT newest_us FROM store");
    if (!newest.ok()) return newest.error();
    return TimeOf(newest.value());
  });
}

Status SqliteLoginStore::AdvanceFloor(model::WallTime now) {
  const Result<model::WallTime> newest = Newest();
  if (!newest.ok()) return newest.error();
  if (now < newest.value() + kFloorPace) return Status::Ok();
  return state_->Write([&] { return RaiseFloor(state_->database, now); });
}

}  // namespace sekimori::login_store
