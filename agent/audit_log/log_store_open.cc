// LogStore::Open: an existing log is checked before it is written on, a damaged one moved aside, a new one made.
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/log_store_state.h"
#include "agent/audit_log/tail_check.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {
namespace {

namespace fs = std::filesystem;

struct Opened {
  Database database;
  HighMark mark;
  LogRow row;
  std::uint64_t last_checkpoint = 0;
};

// The WAL is folded into the file at this many pages, and cut back to this many bytes when it grew beyond.
constexpr const char* kWriterSettings = "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 16777216";

Status SetUpWriter(Database& database) {
  const Result<std::string> mode = database.AskText("PRAGMA journal_mode = WAL");
  if (!mode.ok()) return mode.error();
  if (mode.value() != "wal")
    return Error{ErrorCode::kUnsupported, "log", "SQLite keeps no WAL here: journal mode is " + mode.value()};
  return database.Execute(kWriterSettings);
}

Result<Opened> OpenExisting(const fs::path& path, const signing::SigningKey& key) {
  if (Status file = CheckLogFile(path); !file.ok()) return file.error();
  Result<Database> opened = Database::Open(path, Database::Access::kWrite);
  if (!opened.ok()) return opened.error();
  Database& database = opened.value();
  if (Status known = CheckSchema(database); !known.ok()) return known.error();
  const Result<LogRow> row = ReadLogRow(database);
  if (!row.ok()) return row.error();
  if (!row.value().clean_stop)
    if (Status sound = QuickCheck(database); !sound.ok()) return sound.error();
  Result<HighMark> mark = HighMark::Open(path);
  if (!mark.ok()) return mark.error();
  const Result<std::uint64_t> checkpoint = CheckTail(database, row.value(), key.public_key(), mark.value().Read());
  if (!checkpoint.ok()) return checkpoint.error();
  if (Status set = SetUpWriter(database); !set.ok()) return set.error();
  database.KeepWalOnClose(false);
  return Opened{std::move(database), std::move(mark).value(), row.value(), checkpoint.value()};
}

bool IsDamage(ErrorCode code) {
  return code == ErrorCode::kCorrupt || code == ErrorCode::kConflict || code == ErrorCode::kUntrusted;
}

// Of the newest record; nothing in a log without records.
std::optional<model::WallTime> NewestTime(Database& database, const LogRow& row) {
  Result<Statement> select = database.Prepare("SELECT payload FROM records WHERE sequence = ?1");
  if (!select.ok()) return std::nullopt;
  const Result<bool> found = select.value().Bind(1, row.head.sequence).Step();
  if (!found.ok() || !found.value()) return std::nullopt;
  const std::string_view payload = select.value().Blob(0);
  proto::Event event;
  if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return std::nullopt;
  return model::WallTime(std::chrono::microseconds(event.time_us()));
}

struct Quarantined {
  std::string file;
  std::string reason;
};

// Opens what is there, or moves it aside and makes a new one. `quarantined` tells which.
Result<Opened> OpenOrBegin(const fs::path& path, const signing::SigningKey& key, model::WallTime now,
                           std::optional<Quarantined>& quarantined) {
  if (AnyLogFile(path)) {
    Result<Opened> existing = OpenExisting(path, key);
    if (existing.ok() || !IsDamage(existing.error().code)) return existing;
    const Result<fs::path> aside = MoveAside(path, now);
    if (!aside.ok()) return aside.error();
    quarantined = Quarantined{aside.value().string(), ToString(existing.error())};
  }
  if (Status created = CreateLogFile(path); !created.ok()) return created.error();
  return OpenExisting(path, key);
}

Result<WriterStatements> PrepareStatements(Database& database) {
  WriterStatements statements;
  const std::pair<Statement*, const char*> wanted[] = {
      {&statements.begin, "BEGIN IMMEDIATE"},
      {&statements.commit, "COMMIT"},
      {&statements.read_head, "SELECT head_sequence, head_hash FROM log"},
      {&statements.insert_record, "INSERT INTO records (sequence, hash, payload) VALUES (?1, ?2, ?3)"},
      {&statements.update_head, "UPDATE log SET head_sequence = ?1, head_hash = ?2, clean_stop = 0"},
      {&statements.insert_checkpoint,
       "INSERT INTO checkpoints (sequence, time_us, hash, signature) VALUES (?1, ?2, ?3, ?4)"},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.error();
    *statement = std::move(prepared).value();
  }
  return statements;
}

}  // namespace

Result<std::unique_ptr<LogStore>> LogStore::Open(const fs::path& path, std::string boot_id,
                                                 const signing::SigningKey& key, const ports::Clock& clock) {
  const Result<fs::path> real = PrepareFolder(path);
  if (!real.ok()) return real.error();
  Result<ScopedFd> lock = LockLog(real.value());
  if (!lock.ok()) return lock.error();
  std::optional<Quarantined> quarantined;
  Result<Opened> opened = OpenOrBegin(real.value(), key, clock.Now(), quarantined);
  if (!opened.ok()) return opened.error();
  Opened& log = opened.value();
  const model::WallTime newest = NewestTime(log.database, log.row).value_or(clock.Now());
  Result<WriterStatements> statements = PrepareStatements(log.database);
  if (!statements.ok()) return statements.error();

  std::unique_ptr<State> state(new State{.boot_id = std::move(boot_id),
                                         .key = key,
                                         .clock = clock,
                                         .lock = std::move(lock).value(),
                                         .mark = std::move(log.mark),
                                         .database = std::move(log.database),
                                         .statements = std::move(statements).value(),
                                         .log_id = log.row.log_id,
                                         .head = log.row.head,
                                         .last_checkpoint = log.last_checkpoint,
                                         .unclean_stop_before = !log.row.clean_stop,
                                         .time_when_opened = newest,
                                         .opened_at = clock.SinceBoot()});
  if (quarantined) {
    state->quarantined = quarantined->file;
    state->quarantine_reason = quarantined->reason;
  }
  // Takes the note of a clean stop back before anything is recorded.
  if (Status begun = state->InTransaction([](State::Outcome&) { return Status::Ok(); }); !begun.ok())
    return begun.error();
  return std::unique_ptr<LogStore>(new LogStore(std::move(state)));
}

}  // namespace sekimori::audit_log
