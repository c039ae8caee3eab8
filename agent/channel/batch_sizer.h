// How many records go into one batch: starts small and climbs while larger batches get more records acknowledged per
// second; a step that earns nothing is taken back and tried again much later, because disks change. Pure.
#pragma once

#include <chrono>
#include <cstddef>

namespace sekimori::channel {

class BatchSizer {
 public:
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kMost = 5'000;
  static constexpr std::chrono::milliseconds kTooSlow{1'000};  // an acknowledgement, the collector's sync included
  static constexpr int kSample = 4;                            // batches that make one measurement
  static constexpr int kRest = 32;                             // measurements until a step that failed is tried again

  [[nodiscard]] std::size_t records() const { return records_; }
  // A batch of `records` was acknowledged `latency` after it was sent. Only full batches tell anything about size.
  void Acknowledged(std::size_t records, std::chrono::nanoseconds latency);

 private:
  void Judge(double rate);
  void ClimbFrom(double rate);

  std::size_t records_ = kFirst;
  std::size_t before_ = kFirst;  // the size a climb began from
  bool climbing_ = false;
  double rate_before_ = 0;  // records a second at that size
  int rest_ = 0;
  int sampled_ = 0;
  std::size_t sample_records_ = 0;
  std::chrono::nanoseconds sample_time_{};
};

}  // namespace sekimori::channel
