// The chores of the audit log that are not appending: signing, pruning, closing in good order. Deciding thread only.
// Req: R05, R06
#pragma once

#include <array>
#include <cstdint>

#include "proto/result.h"

namespace sekimori::ports {

struct LogHead {
  std::uint64_t sequence = 0;  // 0: nothing recorded yet
  std::array<std::uint8_t, 32> hash{};
};

class LogUpkeep {
 public:
  virtual ~LogUpkeep() = default;
  [[nodiscard]] virtual LogHead Head() const = 0;
  // Signs the head if records were added since the last signature.
  [[nodiscard]] virtual Status WriteCheckpoint() = 0;
  // Deletes records that are acknowledged and older than the configured retention time, so many at a time that nobody
  // is held up. True: there may be more to delete.
  [[nodiscard]] virtual Result<bool> Prune() = 0;
  // The next start will not report an unclean stop.
  [[nodiscard]] virtual Status MarkCleanStop() = 0;
};

}  // namespace sekimori::ports
