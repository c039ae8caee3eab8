// The thread that owns the ledger: takes whatever jobs have gathered while it was busy, as one group, and hands the
// answers back. So one sync serves all terminals that sent meanwhile. Req: R05
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/intake/ledger.h"

namespace sekimori::intake {

class StoreThread {
 public:
  // `deliver` is called on the store thread and must not block.
  using Deliver = std::function<void(std::vector<Outcome>)>;
  StoreThread(std::unique_ptr<Ledger> ledger, Deliver deliver);
  ~StoreThread();  // finishes what was submitted

  void Start();
  // Any thread. Bounded by the senders: what a session may have in flight.
  void Submit(std::vector<Job> jobs);
  // Finishes what was submitted, delivers it, and joins.
  void Stop();
  // Grows with every group and, while a group is long, stands still: for the watchdog.
  [[nodiscard]] std::uint64_t groups_done() const { return groups_done_.load(); }
  [[nodiscard]] bool busy() const { return busy_.load(); }

 private:
  void Run();
  std::unique_ptr<Ledger> ledger_;
  Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable gathered_;
  std::vector<Job> jobs_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> groups_done_{0};
  std::atomic<bool> busy_{false};
  std::thread thread_;
};

}  // namespace sekimori::intake
