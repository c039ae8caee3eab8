#include "agent/late_source.h"

#include <utility>

namespace sekimori::agent {

LateSource::LateSource(Open open, std::function<void(Status)> told) : open_(std::move(open)), told_(std::move(told)) {}

Status LateSource::Start(ports::DeviceSink& sink) {
  const std::lock_guard lock(mutex_);
  sink_ = &sink;
  TryToOpen();
  return Status::Ok();
}

void LateSource::TryToOpen() {
  auto opened = open_();
  if (!opened.ok()) return told_(opened.error());
  // Before it starts: what its first look shows is the newer word.
  told_(Status::Ok());
  if (Status started = opened.value()->Start(*sink_); !started.ok()) return told_(std::move(started));
  source_ = std::move(opened).value();
}

void LateSource::RequestScan() {
  const std::lock_guard lock(mutex_);
  if (source_ != nullptr) return source_->RequestScan();
  if (sink_ != nullptr) TryToOpen();
}

bool LateSource::open() const {
  const std::lock_guard lock(mutex_);
  return source_ != nullptr;
}

void LateSource::Stop() {
  const std::lock_guard lock(mutex_);
  if (source_ != nullptr) source_->Stop();
  source_.reset();
  sink_ = nullptr;
}

}  // namespace sekimori::agent
