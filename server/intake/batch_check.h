// Judges one batch against the chain it must continue: shape, signature, links, origin, in this order. Pure. Req: R06
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "proto/chain/chain.h"
#include "proto/channel.pb.h"
#include "proto/signing/key.h"
#include "server/store/values.h"

namespace sekimori::intake {

inline constexpr std::size_t kMaxBatchRecords = 10'000;
inline constexpr std::size_t kMaxRecordBytes = std::size_t{256} << 10;

// Whose log it must be.
struct LogOwner {
  chain::LogId log_id{};
  const signing::VerifyKey& key;
};

// A batch that holds together by itself: signed by the terminal, every record linked up to the signed head.
struct CheckedBatch {
  std::unique_ptr<proto::Batch> message;  // owns the payloads that `records` view
  chain::Head base;                       // what the first record follows on, as the terminal says
  chain::Head head;                       // after the last record
  std::vector<store::Record> records;
  chain::Checkpoint checkpoint;
  std::size_t bytes = 0;               // of all payloads
  std::uint64_t first_unreadable = 0;  // sequence of the first record that is no Event; 0: all are
};

struct BatchFault {
  proto::AlarmKind kind = proto::ALARM_UNSPECIFIED;  // unspecified: not even a batch (a defect or a stranger's play)
  std::uint64_t sequence = 0;
  std::string detail;
};

// Consumes `message` when the batch is good; leaves it, as evidence, when it is not. The base is not judged here:
// whether it is the stored head is the caller's question.
[[nodiscard]] std::variant<CheckedBatch, BatchFault> CheckBatch(std::unique_ptr<proto::Batch>& message,
                                                                const LogOwner& owner, std::int64_t received_us);

}  // namespace sekimori::intake
