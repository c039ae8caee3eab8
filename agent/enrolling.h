// Enrolling: an enrolment token left beside the configuration is used, and taken away once it was. The collector may be
// away at that time, so it is tried again, ever more slowly. Req: R12
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>

#include "agent/ports/link.h"
#include "agent/ports/site_store.h"
#include "proto/result.h"

namespace sekimori::agent {

class Enrolling {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kFirstRetry{5};
  static constexpr std::chrono::seconds kSlowestRetry{600};

  // `told` hears how it stands (OK ends an earlier trouble); `wake` is called when Look is wanted again. Both on any
  // thread. Everything outlives the link.
  Enrolling(std::filesystem::path token_file, const ports::SiteStore& site, ports::Link& link,
            std::function<void(Status)> told, std::function<void()> wake);

  // Looks for a token and uses it if the terminal is not enrolled and no attempt runs. `now` decides whether a retry is
  // due; `afresh` after a reload, when the token may be another one. One thread.
  void Look(Clock::time_point now, bool afresh);
  // When Look is wanted at the latest.
  [[nodiscard]] std::optional<Clock::time_point> Due() const;

 private:
  void Finished(const Status& status);

  const std::filesystem::path token_file_;
  const ports::SiteStore& site_;
  ports::Link& link_;
  const std::function<void(Status)> told_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;  // the link's thread finishes
  bool running_ = false;
  bool given_up_ = false;
  bool asked_meanwhile_ = false;  // a reload came during the attempt: the token may be another one by now
  std::optional<Clock::time_point> due_;
  std::chrono::seconds retry_after_ = kFirstRetry;
};

}  // namespace sekimori::agent
