// The rows of logins.db one by one: read, checked, written. Each call inside the caller's transaction, if it has one.
// Inside of login_store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/login_store/sealing.h"
#include "agent/model/login.h"
#include "agent/ports/random.h"
#include "agent/sqlite/sqlite.h"
#include "proto/result.h"

namespace sekimori::login_store {

struct CredentialRow {
  std::int64_t number = 0;  // of its user's: the order of enrolment
  model::Credential credential;
  std::int64_t method = 0;  // as stored: `credential.method` is kPassword if it is none
  std::string sealed;
};

// kInvalid: an id that no credential may have.
[[nodiscard]] Status CheckId(const std::string& id);

// Of one user, in the order of enrolment. Nothing in them is verified yet.
[[nodiscard]] Result<std::vector<CredentialRow>> ReadCredentials(sqlite::Database& database, std::uint32_t uid);
// kCorrupt unless the row is, in every column, what was sealed for this user.
[[nodiscard]] Result<model::Secret> OpenRow(const Sealer& sealer, std::uint32_t uid, const CredentialRow& row);
// Seals the row's credential with the secret and puts it at its number.
[[nodiscard]] Status WriteRow(sqlite::Database& database, const Sealer& sealer, ports::Random& random,
                              std::uint32_t uid, CredentialRow row, std::string_view secret);

// 0 for none. kCorrupt: not a number that tries can have.
[[nodiscard]] Result<std::uint32_t> ReadTries(sqlite::Database& database, const model::CredentialKey& key);
[[nodiscard]] Status DeleteTries(sqlite::Database& database, const model::CredentialKey& key);
[[nodiscard]] Result<std::optional<std::uint64_t>> ReadCounter(sqlite::Database& database,
                                                               const model::CredentialKey& key);
[[nodiscard]] Status WriteCounter(sqlite::Database& database, const model::CredentialKey& key, std::uint64_t counter);
[[nodiscard]] Status DeleteCounter(sqlite::Database& database, const model::CredentialKey& key);

// A number as stored, if it is one that fits.
[[nodiscard]] Result<std::uint32_t> Number32(std::int64_t stored, const char* what);

}  // namespace sekimori::login_store
