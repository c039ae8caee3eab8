#include "agent/enrolment/registrar_thread.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace sekimori::enrolment {

RegistrarThread::RegistrarThread(Outside outside)
    : clock_(outside.clock), registrar_(std::move(outside)), thread_([this] { Run(); }) {}

void RegistrarThread::Take(ports::AuthenticatorOrder order, ports::Asker asker,
                           std::function<void(ports::AuthenticatorAnswer)> done) {
  std::optional<Error> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) refusal = Error{ErrorCode::kUnavailable, "enrolment", "the agent is stopping"};
    if (!refusal && waiting_.size() >= kMostWaiting)
      refusal = Error{ErrorCode::kFull, "enrolment", "too many orders wait already; nothing was done"};
    if (!refusal) waiting_.push_back({std::move(order), std::move(asker), std::move(done)});
  }
  if (refusal) return done(*std::move(refusal));
  arrived_.notify_one();
}

void RegistrarThread::Run() {
  while (std::optional<Task> task = Next())
    task->done(registrar_.Answer(task->order, task->asker));
}

std::optional<RegistrarThread::Task> RegistrarThread::Next() {
  std::unique_lock lock(mutex_);
  const auto something = [this] { return stopping_ || !waiting_.empty(); };
  for (;;) {
    registrar_.Sweep();
    const std::optional<model::BootTime> due = registrar_.Due();
    if (due) {
      const model::BootTime left = std::max(*due - clock_.SinceBoot(), model::BootTime{0});
      if (!arrived_.wait_for(lock, left, something)) continue;
    } else {
      arrived_.wait(lock, something);
    }
    if (stopping_) return std::nullopt;
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    return task;
  }
}

void RegistrarThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (Task& task : std::exchange(waiting_, {}))
    task.done(Error{ErrorCode::kUnavailable, "enrolment", "the agent is stopping; nothing was done"});
}

}  // namespace sekimori::enrolment
