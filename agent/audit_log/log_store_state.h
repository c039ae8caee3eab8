// What LogStore holds, shared by the files that implement it. Inside of audit_log.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/audit_log/encode.h"
#include "agent/audit_log/high_mark.h"
#include "agent/audit_log/log_file.h"
#include "agent/audit_log/log_store.h"
#include "agent/audit_log/schema.h"

namespace sekimori::audit_log {

// Prepared once for the life of the connection.
struct WriterStatements {
  Statement begin;
  Statement commit;
  Statement read_head;
  Statement insert_record;
  Statement update_head;
  Statement insert_checkpoint;
};

struct LogStore::State {
  std::string boot_id;
  const signing::SigningKey& key;
  const ports::Clock& clock;
  ScopedFd lock;
  HighMark mark;
  Database database;
  WriterStatements statements;
  chain::LogId log_id{};
  chain::Head head;
  std::uint64_t last_checkpoint = 0;
  bool unclean_stop_before = false;
  model::WallTime time_when_opened;  // of the newest record there was; by the clock in a log without records
  model::BootTime opened_at{};
  std::optional<std::string> quarantined = std::nullopt;
  std::string quarantine_reason = {};
  EventEncoder encoder = {};
  std::string payload = {};  // kept, so that its memory is used again

  // What one transaction comes to. Nothing of it counts before the commit.
  struct Outcome {
    chain::Head head;
    std::uint64_t last_checkpoint = 0;
  };
  // Begins, makes sure that the log still ends where we left it, runs `body`, writes the head and commits. On any error
  // all of it is undone and the state is as before.
  [[nodiscard]] Status InTransaction(const std::function<Status(Outcome&)>& body);

  // Inside InTransaction only.
  [[nodiscard]] Status AppendRecord(const model::Event& event, Outcome& outcome);
  [[nodiscard]] Status SignHead(Outcome& outcome);

 private:
  [[nodiscard]] Status CheckInPlace();
  [[nodiscard]] Status CheckHeadUnchanged();
  [[nodiscard]] Status RunToCommit(const std::function<Status(Outcome&)>& body, Outcome& outcome);
};

}  // namespace sekimori::audit_log
