// The tables of the embedded database, and the steps from each schema version to the next. Described in FORMAT.md.
#pragma once

#include "proto/result.h"
#include "server/store/sqlite_connection.h"

namespace sekimori::store {

inline constexpr std::int64_t kApplicationId = 0x534b4d43;  // "SKMC"
inline constexpr std::int64_t kSchemaVersion = 2;

// Sets the journal to WAL and makes all tables in an empty file.
[[nodiscard]] Status CreateSchema(Connection& connection);

// kUnsupported: not a collector's database, or one of a newer version. Brings an older one up to date.
[[nodiscard]] Status MigrateSchema(Connection& connection);

}  // namespace sekimori::store
