#include "server/intake/store_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sekimori::intake {
namespace {

// A group is one transaction; beyond this many jobs the first of them would wait too long for its answer.
constexpr std::size_t kMaxGroup = 512;

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Ledger> ledger, Deliver deliver)
    : ledger_(std::move(ledger)), deliver_(std::move(deliver)) {}

StoreThread::~StoreThread() {
  Stop();
}

void StoreThread::Start() {
  thread_ = std::thread([this] { Run(); });
}

void StoreThread::Submit(std::vector<Job> jobs) {
  {
    const std::lock_guard lock(mutex_);
    std::move(jobs.begin(), jobs.end(), std::back_inserter(jobs_));
  }
  gathered_.notify_one();
}

void StoreThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  gathered_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void StoreThread::Run() {
  for (;;) {
    std::vector<Job> group;
    {
      std::unique_lock lock(mutex_);
      gathered_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      if (jobs_.size() <= kMaxGroup) {
        group.swap(jobs_);
      } else {
        const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(kMaxGroup);
        std::move(jobs_.begin(), end, std::back_inserter(group));
        jobs_.erase(jobs_.begin(), end);
      }
    }
    busy_ = true;
    std::vector<Outcome> outcomes = ledger_->Process(std::move(group));
    busy_ = false;
    ++groups_done_;
    if (!outcomes.empty()) deliver_(std::move(outcomes));
  }
}

}  // namespace sekimori::intake
