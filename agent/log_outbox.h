// LogOutbox: the audit log as the uplink reads it, through a connection of its own that is opened when first needed and
// again when the log behind it was exchanged. The uplink's thread only. Req: R05, R06
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "agent/audit_log/log_store.h"
#include "agent/ports/outbox.h"

namespace sekimori::agent {

class LogOutbox final : public ports::Outbox {
 public:
  // `generation` tells by another number that the log was opened anew (LogKeeper::generation).
  LogOutbox(std::filesystem::path path, std::function<std::uint64_t()> generation);

  // Zeros while the log cannot be opened; every other call then answers the error.
  [[nodiscard]] std::array<std::uint8_t, 16> log_id() const override;
  [[nodiscard]] Result<ports::OutboxHead> Head() const override;
  [[nodiscard]] Result<ports::OutboxHead> Base() const override;
  [[nodiscard]] Result<ports::RecordHash> HashAt(std::uint64_t sequence) const override;
  [[nodiscard]] Result<std::vector<ports::OutboxRecord>> Read(std::uint64_t after, std::size_t max_records,
                                                              std::size_t max_bytes) const override;
  [[nodiscard]] Result<std::uint64_t> Acknowledged() const override;
  [[nodiscard]] Status SetAcknowledged(std::uint64_t sequence) override;

 private:
  [[nodiscard]] Result<audit_log::LogReader*> Reader() const;

  const std::filesystem::path path_;
  const std::function<std::uint64_t()> generation_;
  mutable std::unique_ptr<audit_log::LogReader> reader_;
  mutable std::uint64_t opened_ = 0;
};

}  // namespace sekimori::agent
