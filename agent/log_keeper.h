// LogKeeper: the audit log as the deciding thread uses it, opened again when it could not be opened or was changed
// underneath. While it cannot be opened every Append fails, so nothing is let in. Req: R05, R06
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/audit_log/log_store.h"
#include "agent/ports/clock.h"
#include "agent/ports/event_log.h"
#include "agent/ports/log_upkeep.h"
#include "proto/signing/key.h"

namespace sekimori::agent {

class LogKeeper final : public ports::EventLog, public ports::LogUpkeep {
 public:
  struct Terms {
    std::filesystem::path path;
    std::string boot_id;
    std::chrono::hours keep{};
  };
  // `key` and `clock` outlive the keeper.
  LogKeeper(Terms terms, const signing::SigningKey& key, const ports::Clock& clock);

  // The first attempt. Its error is for the caller to show; Append tries again. Before the deciding thread starts, and
  // from then on that thread alone.
  [[nodiscard]] Status Open();
  // Whether the run before this one ended without MarkCleanStop, as the first opening found it.
  [[nodiscard]] bool unclean_stop_before() const { return unclean_stop_before_; }
  // Grows with every opening. A reader that was opened under another number looks at a file moved aside. Any thread.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  // The first group in a log that took the place of another begins with the record of that: a damaged one was moved
  // aside, or its files were taken away while the agent ran (then `file` is empty). What AgentStarted says of the run
  // before is put in here: the log alone knows, and it may be opened long after the start.
  [[nodiscard]] Status Append(std::span<const model::Event> events) override;
  [[nodiscard]] ports::LogHead Head() const override;
  [[nodiscard]] Status WriteCheckpoint() override;
  [[nodiscard]] Result<bool> Prune() override;
  [[nodiscard]] Status MarkCleanStop() override;

 private:
  [[nodiscard]] Status Follow(Status status);
  void Tell(model::LogQuarantined what);

  const Terms terms_;
  const signing::SigningKey& key_;
  const ports::Clock& clock_;
  std::unique_ptr<audit_log::LogStore> store_;  // null: could not be opened
  chain::LogId log_id_{};                       // as last opened
  std::vector<model::Event> untold_;            // logs that are no longer in their place, to be recorded first
  bool unclean_stop_before_ = false;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace sekimori::agent
