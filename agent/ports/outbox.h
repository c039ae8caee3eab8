// The audit log as the uplink reads it: records as stored, after what the collector has. Req: R05, R06
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/result.h"

namespace sekimori::ports {

using RecordHash = std::array<std::uint8_t, 32>;

struct OutboxHead {
  std::uint64_t sequence = 0;  // 0: before the first record; the hash is then the log's genesis hash
  RecordHash hash{};
};
struct OutboxRecord {
  std::uint64_t sequence = 0;
  RecordHash hash{};
  std::string payload;
};

// The uplink's thread only. Answers a consistent view per call, while the deciding thread goes on appending.
class Outbox {
 public:
  virtual ~Outbox() = default;
  [[nodiscard]] virtual std::array<std::uint8_t, 16> log_id() const = 0;
  [[nodiscard]] virtual Result<OutboxHead> Head() const = 0;
  // What the oldest record kept follows on.
  [[nodiscard]] virtual Result<OutboxHead> Base() const = 0;
  // kNotFound before the base or after the head.
  [[nodiscard]] virtual Result<RecordHash> HashAt(std::uint64_t sequence) const = 0;
  // Consecutive records after `after`, at most `max_records` and about `max_bytes`; one at least if there is one.
  // kCorrupt: the first of them is missing although later ones are there, or damaged.
  [[nodiscard]] virtual Result<std::vector<OutboxRecord>> Read(std::uint64_t after, std::size_t max_records,
                                                               std::size_t max_bytes) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> Acknowledged() const = 0;
  [[nodiscard]] virtual Status SetAcknowledged(std::uint64_t sequence) = 0;
};

}  // namespace sekimori::ports
