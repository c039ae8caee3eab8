#include "agent/core/recorder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/core/weight.h"

namespace sekimori::core {

void Recorder::Add(model::EventBody body) {
  const std::size_t weight = WeightOf(body);
  if (kept_.size() >= kMaxKept || (!kept_.empty() && kept_bytes_ + weight > kMaxKeptBytes)) {
    given_up_ += kept_.size();
    gave_up_ = true;
    kept_.clear();
    kept_bytes_ = 0;
  }
  kept_bytes_ += weight;
  kept_.push_back({clock_.Now(), clock_.SinceBoot(), std::move(body)});
}

bool Recorder::TakeGivenUp() {
  return std::exchange(gave_up_, false);
}

Status Recorder::Append() {
  if (given_up_ > 0) {
    const std::string count = std::to_string(given_up_);
    kept_.insert(kept_.begin(), {clock_.Now(), clock_.SinceBoot(),
                                 model::NoticesLost{"audit_log", count + " events were given up while the log could "
                                                                         "not be written"}});
  }
  Status status = log_.Append(kept_);
  if (status.ok()) {
    kept_.clear();
    kept_bytes_ = 0;
    given_up_ = 0;
    failure_.reset();
    next_try_.reset();
    retry_after_ = kFirstRetry;
    return status;
  }
  if (given_up_ > 0) kept_.erase(kept_.begin());
  failure_ = status.error();
  next_try_ = clock_.SinceBoot() + retry_after_;
  retry_after_ = std::min<std::chrono::microseconds>(retry_after_ * 2, kSlowestRetry);
  return status;
}

Status Recorder::Commit() {
  if (kept_.empty() && given_up_ == 0) return Status::Ok();
  if (next_try_ && clock_.SinceBoot() < *next_try_) return *failure_;
  return Append();
}

Status Recorder::RecordNow(model::EventBody body) {
  std::vector<model::EventBody> bodies;
  bodies.push_back(std::move(body));
  return RecordNow(std::move(bodies), [](const model::EventBody&) { return true; });
}

Status Recorder::RecordNow(std::vector<model::EventBody> bodies, bool (*lets_in)(const model::EventBody&)) {
  const std::size_t count = bodies.size();
  for (model::EventBody& body : bodies)
    Add(std::move(body));
  Status status = Append();
  if (status.ok()) return status;
  // Those of ours that were not given up are the last.
  const auto ours = kept_.end() - static_cast<std::ptrdiff_t>(std::min(count, kept_.size()));
  const auto to_go = [&](const model::Event& event) { return lets_in(event.body); };
  for (auto each = ours; each != kept_.end(); ++each)
    if (to_go(*each)) kept_bytes_ -= WeightOf(each->body);
  kept_.erase(std::remove_if(ours, kept_.end(), to_go), kept_.end());
  return status;
}

}  // namespace sekimori::core
