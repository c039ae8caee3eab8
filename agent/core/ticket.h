// One question on its way to the deciding thread and back. A question given up by its asker is never carried out
// afterwards: an order that was answered "too late" must not take effect a minute later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "agent/ports/questions.h"

namespace sekimori::core {

class Ticket {
 public:
  Ticket(ports::Question question, ports::Asker asker) : question_(std::move(question)), asker_(std::move(asker)) {}

  [[nodiscard]] const ports::Question& question() const { return question_; }
  [[nodiscard]] const ports::Asker& asker() const { return asker_; }

  // Deciding thread. False: the asker has given up, and the question must not be carried out.
  [[nodiscard]] bool Claim() {
    const std::lock_guard lock(mutex_);
    if (given_up_) return false;
    claimed_ = true;
    return true;
  }

  void Answer(ports::Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    answered_.notify_all();
  }

  // The asker's thread.
  [[nodiscard]] ports::Answer Wait(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    const bool in_time = answered_.wait_for(lock, within, [this] { return answer_.has_value(); });
    if (!in_time && !claimed_) {
      given_up_ = true;
      return Error{ErrorCode::kTimeout, "deciding thread", "the question was not taken up in time; nothing was done"};
    }
    answered_.wait(lock, [this] { return answer_.has_value(); });
    return *std::move(answer_);
  }

 private:
  const ports::Question question_;
  const ports::Asker asker_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<ports::Answer> answer_;
  bool claimed_ = false;
  bool given_up_ = false;
};

}  // namespace sekimori::core
