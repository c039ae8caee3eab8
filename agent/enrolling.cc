#include "agent/enrolling.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proto/files/durable_file.h"

namespace sekimori::agent {

namespace {

constexpr std::size_t kMaxToken = 8192;

// Whether the same token may yet do: the collector or the disk is what failed, not the token.
bool WorthAnotherTry(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout || code == ErrorCode::kIo ||
         code == ErrorCode::kFull;
}

}  // namespace

Enrolling::Enrolling(std::filesystem::path token_file, const ports::SiteStore& site, ports::Link& link,
                     std::function<void(Status)> told, std::function<void()> wake)
    : token_file_(std::move(token_file)), site_(site), link_(link), told_(std::move(told)), wake_(std::move(wake)) {}

void Enrolling::Look(Clock::time_point now, bool afresh) {
  {
    const std::lock_guard lock(mutex_);
    if (afresh) {
      given_up_ = false;
      asked_meanwhile_ = running_;
      retry_after_ = kFirstRetry;
    }
    if (running_ || given_up_ || (!afresh && due_ && now < *due_)) return;
    due_.reset();
  }
  Result<std::string> token = files::ReadPrivate(token_file_, kMaxToken);
  if (!token.ok()) {
    if (token.error().code == ErrorCode::kNotFound) return told_(Status::Ok());
    return told_(token.error());
  }
  const Result<ports::SiteFacts> facts = site_.Load();
  if (facts.ok())
    return told_(Error{ErrorCode::kExists, token_file_.string(), "this terminal is enrolled already: remove the file"});
  if (facts.error().code != ErrorCode::kNotFound) return told_(facts.error());
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  link_.Enrol(std::move(token).value(), [this](const Status& status) { Finished(status); });
}

void Enrolling::Finished(const Status& status) {
  Status told = status;
  // A used token is of no use to us and of some to a thief.
  if (status.ok()) told = files::Remove(token_file_);
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    const bool again = std::exchange(asked_meanwhile_, false);
    if (!status.ok() && WorthAnotherTry(status.error().code)) {
      due_ = Clock::now() + retry_after_;
      retry_after_ = std::min(retry_after_ * 2, kSlowestRetry);
    } else {
      given_up_ = !again;
    }
  }
  told_(std::move(told));
  wake_();
}

std::optional<Enrolling::Clock::time_point> Enrolling::Due() const {
  const std::lock_guard lock(mutex_);
  return due_;
}

}  // namespace sekimori::agent
