// What SqliteLoginStore holds, and how it reads and writes. Inside of login_store.
#pragma once

#include <filesystem>
#include <mutex>
#include <utility>

#include "agent/login_store/sealing.h"
#include "agent/login_store/sqlite_login_store.h"
#include "agent/sqlite/sqlite.h"

namespace sekimori::login_store {

struct SqliteLoginStore::State {
  State(sqlite::Database opened, Sealer opened_sealer, ports::Random& chance)
      : database(std::move(opened)), sealer(std::move(opened_sealer)), random(chance) {}

  // One caller at a time. kCorrupt when the file was moved, deleted or replaced: what is written there is lost, and
  // what is read there is of yesterday.
  template <typename Act>
  [[nodiscard]] auto Read(const Act& act) -> decltype(act()) {
    const std::lock_guard lock(mutex);
    if (Status in_place = CheckInPlace(); !in_place.ok()) return in_place.error();
    return act();
  }
  // All that `act` writes, durably, or nothing of it.
  template <typename Act>
  [[nodiscard]] Status Write(const Act& act) {
    const std::lock_guard lock(mutex);
    if (Status in_place = CheckInPlace(); !in_place.ok()) return in_place;
    if (Status begun = database.Execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
    Status done = act();
    if (done.ok()) done = database.Execute("COMMIT");
    if (!done.ok()) database.Rollback();
    return done;
  }

  [[nodiscard]] Status CheckInPlace() const {
    if (database.InPlace()) return Status::Ok();
    return Error{ErrorCode::kCorrupt, "logins.db", "moved, deleted or replaced under the running agent"};
  }

  std::mutex mutex;
  sqlite::Database database;
  const Sealer sealer;
  ports::Random& random;
};

}  // namespace sekimori::login_store
