// The embedded database: one SQLite file (WAL, synchronous=FULL) in the collector's data directory. Tables and
// guarantees: server/store/FORMAT.md. Req: R05, R06
#pragma once

#include <filesystem>
#include <memory>

#include "server/store/store.h"

namespace sekimori::store {

inline constexpr std::string_view kDatabaseFile = "collector.db";

// Makes the file (0600) in `data_dir`, which must be there and closed to group and others, with the site in it and an
// empty own chain. kExists.
[[nodiscard]] Status CreateSqlite(const std::filesystem::path& data_dir, const Site& site);

// kNotFound: `sekimorictl init` has not run. kDenied: others than its owner can read it. kUnsupported: written by a
// newer version. An older schema is brought up to date first, in one transaction.
[[nodiscard]] Result<std::unique_ptr<Database>> OpenSqlite(const std::filesystem::path& data_dir);

}  // namespace sekimori::store
