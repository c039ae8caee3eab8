#include "agent/core/barrier.h"

#include <utility>

namespace sekimori::core {

namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words)
    joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

}  // namespace

void Barrier::Close() {
  const Status closed = gate_.CloseBarrier();
  troubles_.Follow("barrier", closed);
  unclosable_.clear();
  if (!closed.ok() && !close_failed_)
    recorder_.Add(model::EnforcementFailed{{}, {}, "closing the barrier: " + ToString(closed.error())});
  close_failed_ = !closed.ok();
}

bool Barrier::Open() {
  const Status opened = gate_.OpenBarrier();
  troubles_.Follow("barrier", opened);
  close_failed_ = false;
  if (!opened.ok()) recorder_.Add(model::EnforcementFailed{{}, {}, "opening the barrier: " + ToString(opened.error())});
  return opened.ok();
}

void Barrier::Check() {
  const Result<ports::BarrierState> state = gate_.ReadBarrier();
  if (!state.ok()) {
    troubles_.Set("barrier", state.error());
    return;
  }
  if (state.value().closed) {
    unclosable_.clear();
    close_failed_ = false;
    troubles_.Clear("barrier");
    return;
  }
  const Status closed = gate_.CloseBarrier();
  troubles_.Follow("barrier", closed);
  // A barrier that never closed stands open by no one's hand but the kernel's: that was recorded as a failure.
  if (!close_failed_ && state.value().gaps != unclosable_)
    recorder_.Add(model::BarrierTampered{{}, Joined(state.value().gaps), closed.ok()});
  unclosable_ = closed.ok() ? std::vector<std::string>{} : state.value().gaps;
  if (closed.ok()) close_failed_ = false;
}

ports::BarrierState Barrier::Read() const {
  Result<ports::BarrierState> state = gate_.ReadBarrier();
  if (!state.ok()) return {false, {ToString(state.error())}};
  return std::move(state).value();
}

}  // namespace sekimori::core
