// The terminal's audit log: an SQLite file of chained records, written by one thread, each group durable before it is
// answered. Tables and guarantees: agent/audit_log/FORMAT.md. Req: R05, R06, R09
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/ports/clock.h"
#include "agent/ports/event_log.h"
#include "proto/chain/chain.h"
#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::audit_log {

// The one writer. Deciding thread only. After an error nothing of the call is in the log, and the next call begins
// where the log stood: kFull (disk, quota), kIo (read-only, failing device), kUnavailable (locked for too long: try
// again), kConflict (somebody else changed the log underneath: only opening it again, which checks it, helps).
class LogStore final : public ports::EventLog {
 public:
  // Opens or creates; the folder is made with mode 0700 if it is missing. The newest 1,000 records, the newest
  // checkpoint and the mark beside the file are checked, and after an unclean stop the file itself. A log that is
  // damaged, cut or signed by another key is moved aside whole (".quarantined-<time>"), a new log begins, and
  // `quarantined` names it, so that the agent can record and report it. `key` signs checkpoints; it and `clock` outlive
  // the store. kConflict: another process writes this log. kDenied: others may write in its folder. kUnsupported: the
  // log is of a newer version; it is left alone.
  [[nodiscard]] static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& path, std::string boot_id,
                                                              const signing::SigningKey& key,
                                                              const ports::Clock& clock);
  ~LogStore() override;

  [[nodiscard]] Status Append(std::span<const model::Event> events) override;
  // Signs the head if records were added since the last checkpoint. Called at intervals and in good-order stop.
  [[nodiscard]] Status WriteCheckpoint();
  // Deletes acknowledged records older than `keep` up to a checkpoint, so that the chain stays verifiable from the
  // first one kept. In the same transaction it appends the RecordsPruned event that tells of it and signs the new head.
  // One call goes over some thousands of records, so that the deciding thread is not held up; true: there may be more.
  // "Older" by the wall clock, but no later than what was the newest record when the log was opened plus the time since
  // then: a computer that starts with its clock years ahead must not delete everything that was sent.
  [[nodiscard]] Result<bool> Prune(std::chrono::hours keep);

  [[nodiscard]] chain::Head head() const;
  [[nodiscard]] const chain::LogId& log_id() const;
  // Path of the damaged log that was moved aside by Open, and what was wrong with it (empty if none was).
  [[nodiscard]] std::optional<std::string> quarantined() const;
  [[nodiscard]] const std::string& quarantine_reason() const;
  // Whether the run before this one ended without MarkCleanStop. False for a new log.
  [[nodiscard]] bool unclean_stop_before() const;
  // Signs the head and notes that the log was closed in good order. An Append after it takes the note back.
  [[nodiscard]] Status MarkCleanStop();

 private:
  struct State;
  explicit LogStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct StoredRecord {
  std::uint64_t sequence = 0;
  chain::Hash hash{};
  std::string payload;  // a serialized proto::Event
};

// A reader with an SQLite connection of its own (WAL), for the uplink and the command line. One thread per reader. It
// works while the writer writes, sees what is committed, and never changes a record.
class LogReader {
 public:
  // kNotFound: no such file. kCorrupt: not a log, or its tables were altered.
  [[nodiscard]] static Result<std::unique_ptr<LogReader>> Open(const std::filesystem::path& path);
  ~LogReader();

  [[nodiscard]] chain::LogId log_id() const;
  // Newest record's sequence and hash; the base's in a log without records.
  [[nodiscard]] Result<chain::Head> Head() const;
  // Sequence and hash the first kept record follows on: {0, genesis} unless records were pruned.
  [[nodiscard]] Result<chain::Head> Base() const;
  // Hash stored with `sequence` (or the base's). kNotFound.
  [[nodiscard]] Result<chain::Hash> HashAt(std::uint64_t sequence) const;
  // Consecutive records after `after`, at most `max_records` and about `max_bytes` of payload (but one record at least,
  // if there is one). kNotFound: records after `after` were pruned. kCorrupt: the next record is missing or damaged.
  [[nodiscard]] Result<std::vector<StoredRecord>> Read(std::uint64_t after, std::size_t max_records,
                                                       std::size_t max_bytes) const;
  // Checkpoints over records later than `after`, in order. Their signatures are for the caller to verify.
  [[nodiscard]] Result<std::vector<chain::Checkpoint>> Checkpoints(std::uint64_t after, std::size_t max) const;
  // What the collector has acknowledged; kept in the same file by the uplink (its only write).
  [[nodiscard]] Result<std::uint64_t> Acknowledged() const;
  // kConflict: beyond the head. kDenied: opened where the file may only be read. Not synced to disk at once: after a
  // power cut an older value may be back, which costs nothing but a question to the collector.
  [[nodiscard]] Status SetAcknowledged(std::uint64_t sequence);

 private:
  friend class LogVerifier;
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  [[nodiscard]] Error MissingRecord(std::uint64_t sequence) const;
  std::unique_ptr<State> state_;
};

}  // namespace sekimori::audit_log
