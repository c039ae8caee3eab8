#include "agent/core/notice_queue.h"

#include <utility>

#include "agent/core/weight.h"

namespace sekimori::core {

namespace {

std::size_t Observations(const ports::DeviceNotice& notice) {
  const auto* all = std::get_if<ports::AllDevices>(&notice);
  return all == nullptr ? 1 : std::max<std::size_t>(1, all->observations.size());
}

std::size_t Bytes(const ports::DeviceNotice& notice) {
  std::size_t bytes = sizeof notice;
  if (const auto* seen = std::get_if<ports::DeviceSeen>(&notice)) bytes += WeightOf(seen->observation.device);
  if (const auto* all = std::get_if<ports::AllDevices>(&notice))
    for (const model::Observation& observation : all->observations)
      bytes += WeightOf(observation.device);
  return bytes;
}

}  // namespace

NoticeQueue::NoticeQueue(const QueueBounds& bounds) : bounds_(bounds) {}

bool NoticeQueue::Deliver(ports::DeviceNotice notice) {
  const std::lock_guard lock(mutex_);
  const std::size_t count = Observations(notice);
  const std::size_t bytes = Bytes(notice);
  const bool fits = observations_ + count <= bounds_.devices && device_bytes_ + bytes <= bounds_.device_bytes;
  if (closed_ || (!devices_.empty() && !fits)) {
    ++waiting_.dropped;
    arrived_.notify_one();
    return false;
  }
  observations_ += count;
  device_bytes_ += bytes;
  devices_.push_back(std::move(notice));
  arrived_.notify_one();
  return true;
}

void NoticeQueue::DeliverSystem(ports::SystemNotice notice) {
  const std::lock_guard lock(mutex_);
  if (waiting_.system.size() >= bounds_.system) {
    ++waiting_.dropped;
  } else {
    waiting_.system.push_back(std::move(notice));
  }
  arrived_.notify_one();
}

void NoticeQueue::PutLink(LinkNotice notice) {
  const std::lock_guard lock(mutex_);
  if (waiting_.link.size() >= bounds_.link) {
    ++waiting_.dropped;
  } else {
    waiting_.link.push_back(std::move(notice));
  }
  arrived_.notify_one();
}

void NoticeQueue::OnPolicy(std::string signed_document) {
  PutLink(std::move(signed_document));
}

void NoticeQueue::OnEnrolled(model::Enrolled enrolled) {
  PutLink(std::move(enrolled));
}

void NoticeQueue::OnRefused(model::CollectorRefused refused) {
  PutLink(std::move(refused));
}

void NoticeQueue::OnLogDamaged(model::LogDamaged damaged) {
  PutLink(std::move(damaged));
}

void NoticeQueue::OnCollectorBehind(model::CollectorBehind behind) {
  PutLink(std::move(behind));
}

void NoticeQueue::OnLinkState(const ports::LinkState&) {}

ports::Answer NoticeQueue::Ask(ports::Question question, ports::Asker asker, std::chrono::milliseconds within) {
  // Logins have room of their own: whoever fills the control socket keeps nobody from logging in.
  const bool records = std::holds_alternative<ports::RecordLogin>(question);
  const auto ticket = std::make_shared<Ticket>(std::move(question), std::move(asker));
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Error{ErrorCode::kUnavailable, "deciding thread", "the agent is stopping"};
    std::vector<std::shared_ptr<Ticket>>& line = records ? waiting_.records : waiting_.questions;
    if (line.size() >= (records ? bounds_.records : bounds_.questions))
      return Error{ErrorCode::kFull, "deciding thread", "too many questions wait already"};
    line.push_back(ticket);
    arrived_.notify_one();
  }
  return ticket->Wait(within);
}

void NoticeQueue::Report(std::string what, Status status) {
  const std::lock_guard lock(mutex_);
  if (waiting_.troubles.size() < bounds_.system) waiting_.troubles.emplace_back(std::move(what), std::move(status));
  arrived_.notify_one();
}

void NoticeQueue::RequestReload() {
  const std::lock_guard lock(mutex_);
  waiting_.reload = true;
  arrived_.notify_one();
}

void NoticeQueue::RequestStop(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (!waiting_.stop) waiting_.stop = std::move(reason);
  arrived_.notify_one();
}

bool NoticeQueue::SomethingThere() const {
  return !devices_.empty() || !waiting_.system.empty() || !waiting_.link.empty() || !waiting_.questions.empty() ||
         !waiting_.records.empty() || !waiting_.troubles.empty() || waiting_.dropped != 0 || waiting_.reload ||
         waiting_.stop;
}

void NoticeQueue::TakeDevices(NoticeGroup& group) {
  std::size_t taken = 0;
  while (!devices_.empty() && taken < bounds_.group) {
    const std::size_t count = Observations(devices_.front());
    taken += count;
    observations_ -= count;
    device_bytes_ -= Bytes(devices_.front());
    group.devices.push_back(std::move(devices_.front()));
    devices_.pop_front();
  }
}

NoticeGroup NoticeQueue::Take(std::optional<std::chrono::microseconds> timeout) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return SomethingThere(); };
  if (timeout) {
    arrived_.wait_for(lock, *timeout, ready);
  } else {
    arrived_.wait(lock, ready);
  }
  NoticeGroup group = std::exchange(waiting_, {});
  TakeDevices(group);
  return group;
}

void NoticeQueue::Close() {
  NoticeGroup left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left = std::exchange(waiting_, {});
    devices_.clear();
    observations_ = 0;
    device_bytes_ = 0;
  }
  for (const auto& line : {left.questions, left.records})
    for (const auto& ticket : line)
      ticket->Answer(Error{ErrorCode::kUnavailable, "deciding thread", "the agent is stopping"});
}

}  // namespace sekimori::core
