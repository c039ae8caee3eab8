#include "agent/channel/batch_sizer.h"

#include <algorithm>

namespace sekimori::channel {
namespace {

constexpr double kWorthIt = 1.1;  // a larger size must earn a tenth more to be kept

}  // namespace

void BatchSizer::Acknowledged(std::size_t records, std::chrono::nanoseconds latency) {
  if (latency > kTooSlow) {
    records_ = std::max(kFirst, records_ / 2);
    climbing_ = false;
    rest_ = kRest;
    sampled_ = 0;
  }
  if (latency > kTooSlow || records < records_) return;
  if (sampled_ == 0) {
    sample_records_ = 0;
    sample_time_ = {};
  }
  sample_records_ += records;
  sample_time_ += latency;
  if (++sampled_ < kSample) return;
  sampled_ = 0;
  const double seconds = std::max(std::chrono::duration<double>(sample_time_).count(), 1e-6);
  Judge(static_cast<double>(sample_records_) / seconds);
}

void BatchSizer::Judge(double rate) {
  if (climbing_ && rate < rate_before_ * kWorthIt) {
    records_ = before_;
    climbing_ = false;
    rest_ = kRest;
    return;
  }
  if (!climbing_ && rest_ > 0) {
    --rest_;
    return;
  }
  ClimbFrom(rate);
}

void BatchSizer::ClimbFrom(double rate) {
  climbing_ = records_ < kMost;
  before_ = records_;
  rate_before_ = rate;
  records_ = std::min(kMost, records_ * 2);
}

}  // namespace sekimori::channel
