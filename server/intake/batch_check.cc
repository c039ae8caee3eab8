#include "server/intake/batch_check.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "server/store/record_index.h"

namespace sekimori::intake {
namespace {

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> Fixed(const std::string& bytes) {
  if (bytes.size() != N) return std::nullopt;
  std::array<std::uint8_t, N> fixed{};
  std::copy(bytes.begin(), bytes.end(), fixed.begin());
  return fixed;
}

BatchFault Shapeless(const proto::Batch& batch, std::string detail) {
  return BatchFault{proto::ALARM_UNSPECIFIED, batch.first_sequence(), std::move(detail)};
}

std::optional<BatchFault> CheckShape(const proto::Batch& batch) {
  const auto count = static_cast<std::size_t>(batch.payloads_size());
  if (count == 0 || count > kMaxBatchRecords) return Shapeless(batch, "expected 1 to 10000 records in a batch");
  if (batch.first_sequence() == 0) return Shapeless(batch, "sequences begin with 1");
  // SQLite and the wire's neighbours count in signed 64 bits.
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (batch.first_sequence() > kLast - count) return Shapeless(batch, "sequence out of range");
  if (batch.checkpoint().sequence() != batch.first_sequence() + count - 1) {
    return Shapeless(batch, "the checkpoint is not over the last record");
  }
  for (const std::string& payload : batch.payloads()) {
    if (payload.empty() || payload.size() > kMaxRecordBytes)
      return Shapeless(batch, "a record's size is out of bounds");
  }
  return std::nullopt;
}

// The links, from what the terminal says it builds on to the head it signed.
std::optional<BatchFault> LinkRecords(CheckedBatch& checked, std::int64_t received_us) {
  proto::Event event;
  chain::Head head = checked.base;
  checked.records.reserve(static_cast<std::size_t>(checked.message->payloads_size()));
  for (const std::string& payload : checked.message->payloads()) {
    head.hash = chain::Link(head.hash, head.sequence + 1, payload);
    ++head.sequence;
    store::Record record{head.sequence, head.hash, payload, {}};
    if (event.ParseFromString(payload)) {
      record.index = store::IndexOf(event, false);
    } else {
      record.index = store::IndexOfUnreadable(received_us);
      if (checked.first_unreadable == 0) checked.first_unreadable = head.sequence;
    }
    checked.bytes += payload.size();
    checked.records.push_back(std::move(record));
  }
  if (head.hash != checked.checkpoint.head.hash) {
    return BatchFault{proto::ALARM_BROKEN_CHAIN, checked.base.sequence + 1,
                      "the records do not add up to the head the terminal signed"};
  }
  checked.head = head;
  return std::nullopt;
}

}  // namespace

std::variant<CheckedBatch, BatchFault> CheckBatch(std::unique_ptr<proto::Batch>& message, const LogOwner& owner,
                                                  std::int64_t received_us) {
  if (auto fault = CheckShape(*message)) return *fault;
  const auto previous = Fixed<32>(message->previous_hash());
  const auto hash = Fixed<32>(message->checkpoint().hash());
  const auto log_id = Fixed<16>(message->checkpoint().log_id());
  if (!previous || !hash || !log_id) return Shapeless(*message, "a hash or log id has the wrong length");
  if (*log_id != owner.log_id) {
    return BatchFault{proto::ALARM_OTHER_LOG, message->first_sequence(), "the checkpoint is over another log"};
  }

  CheckedBatch checked;
  checked.base = {message->first_sequence() - 1, *previous};
  checked.checkpoint = {*log_id,
                        {message->checkpoint().sequence(), *hash},
                        message->checkpoint().time_us(),
                        message->checkpoint().signature()};
  if (!chain::VerifyCheckpoint(owner.key, checked.checkpoint).ok()) {
    return BatchFault{proto::ALARM_BAD_SIGNATURE, checked.checkpoint.head.sequence,
                      "the checkpoint is not signed by the terminal's key"};
  }
  checked.message = std::move(message);
  if (auto fault = LinkRecords(checked, received_us)) {
    message = std::move(checked.message);
    return *fault;
  }
  return checked;
}

}  // namespace sekimori::intake
