// Seeds that were shown and wait for the first right code: a bounded number, for a bounded time, in memory alone. What
// leaves is wiped. One thread. Req: R04
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/authenticators/totp_seed.h"
#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::enrolment {

struct Pending {
  model::AuthenticatorChanged change;  // as it will be recorded
  std::string label;
  authenticators::TotpSeed seed;
  std::uint32_t wrong = 0;  // codes
  model::BootTime until{};
};

class PendingEnrolments {
 public:
  static constexpr std::size_t kMost = 16;
  static constexpr std::chrono::seconds kLongest = std::chrono::minutes{10};
  static constexpr std::uint32_t kMostWrong = 5;

  // For kLongest from `now` on. kFull; kExists: not that id again.
  [[nodiscard]] Status Add(const std::string& id, Pending pending, model::BootTime now);
  // nullptr: never there, over, or gone.
  [[nodiscard]] Pending* Find(const std::string& id);
  void Remove(const std::string& id) { waiting_.erase(id); }
  // Those whose time is over.
  void Sweep(model::BootTime now);
  // When Sweep has something to do next; nullopt: nothing waits.
  [[nodiscard]] std::optional<model::BootTime> Due() const;

 private:
  std::map<std::string, Pending> waiting_;
};

}  // namespace sekimori::enrolment
