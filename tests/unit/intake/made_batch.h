// A terminal's log in a few lines, for tests that need good batches to spoil.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proto/chain/chain.h"
#include "proto/channel.pb.h"

namespace sekimori::intake {

class MadeLog {
 public:
  explicit MadeLog(const signing::SigningKey& key) : key_(key) {
    log_id_.fill(9);
    hashes_.push_back(chain::GenesisHash(log_id_));
  }
  void Append(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      proto::Event event;
      event.set_time_us(static_cast<std::int64_t>(payloads_.size()) + 1);
      event.mutable_agent_stopping()->set_reason("r");
      payloads_.push_back(event.SerializeAsString());
      hashes_.push_back(chain::Link(hashes_.back(), payloads_.size(), payloads_.back()));
    }
  }
  [[nodiscard]] proto::Batch Batch(std::uint64_t first, std::uint64_t last) const {
    proto::Batch batch;
    batch.set_first_sequence(first);
    batch.set_previous_hash(Bytes(hashes_[first - 1]));
    for (std::uint64_t i = first; i <= last; ++i)
      batch.add_payloads(payloads_[i - 1]);
    const chain::Checkpoint checkpoint = chain::SignCheckpoint(key_, log_id_, {last, hashes_[last]}, 5).value();
    batch.mutable_checkpoint()->set_log_id(std::string(log_id_.begin(), log_id_.end()));
    batch.mutable_checkpoint()->set_sequence(last);
    batch.mutable_checkpoint()->set_hash(Bytes(hashes_[last]));
    batch.mutable_checkpoint()->set_time_us(5);
    batch.mutable_checkpoint()->set_signature(checkpoint.signature);
    return batch;
  }
  [[nodiscard]] chain::Head HeadAt(std::uint64_t sequence) const { return {sequence, hashes_[sequence]}; }
  [[nodiscard]] const chain::LogId& log_id() const { return log_id_; }

 private:
  static std::string Bytes(const chain::Hash& hash) { return std::string(hash.begin(), hash.end()); }
  const signing::SigningKey& key_;
  chain::LogId log_id_{};
  std::vector<std::string> payloads_;
  std::vector<chain::Hash> hashes_;
};

}  // namespace sekimori::intake
