// The tables of logins.db: made, and recognised exactly. agent/login_store/FORMAT.md. Inside of login_store.
#pragma once

#include <cstdint>

#include "agent/sqlite/sqlite.h"
#include "proto/result.h"

namespace sekimori::login_store {

inline constexpr std::int64_t kApplicationId = 0x534b4c4e;  // "SKLN"
inline constexpr std::int64_t kSchemaVersion = 1;

// In an empty database: everything, in WAL mode, knowing nothing.
[[nodiscard]] Status CreateSchema(sqlite::Database& database);
// kCorrupt: not ours, damaged, or its tables were altered. kUnsupported: written by a newer version.
[[nodiscard]] Status CheckSchema(sqlite::Database& database);

}  // namespace sekimori::login_store
