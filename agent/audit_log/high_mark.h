// A small file beside the log that remembers the newest record that was made durable, so that a log that comes back
// shorter (a damaged or deleted WAL, deleted records) is seen. Inside of audit_log.
// It is written after the commit and never synced: after a crash of the agent it is exact, after a power cut it may be
// behind. It is never ahead of what was durable.
#pragma once

#include <filesystem>
#include <optional>

#include "agent/audit_log/log_file.h"
#include "proto/chain/chain.h"
#include "proto/result.h"

namespace sekimori::audit_log {

struct Mark {
  chain::LogId log_id{};
  chain::Head head;
};

class HighMark {
 public:
  // "<path>-mark", made with mode 0600 if missing.
  [[nodiscard]] static Result<HighMark> Open(const std::filesystem::path& path);

  // Nothing: it was never written, or is damaged; then it cannot tell anything.
  [[nodiscard]] std::optional<Mark> Read() const;
  // A failure is left to the next write: the mark then stays behind, which is safe.
  void Write(const Mark& mark) const;

 private:
  explicit HighMark(ScopedFd file) : file_(std::move(file)) {}
  ScopedFd file_;
};

// What the mark beside `path` says, for readers. Nothing also when there is none or it may not be read.
[[nodiscard]] std::optional<Mark> ReadMark(const std::filesystem::path& path);

}  // namespace sekimori::audit_log
