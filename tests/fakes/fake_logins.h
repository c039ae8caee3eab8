// People logged in as the test says; a name service that hangs when told to. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/logins.h"

namespace sekimori::fakes {

class FakeLogins final : public ports::Logins {
 public:
  void LogIn(std::uint32_t uid, std::string name, std::vector<std::string> groups = {}) {
    const std::lock_guard lock(mutex_);
    there_.insert_or_assign(uid, ports::LoggedInUser{std::move(name), std::move(groups)});
  }
  void LogOut(std::uint32_t uid) {
    const std::lock_guard lock(mutex_);
    there_.erase(uid);
  }
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  // Whoever is asked about is not answered until told otherwise.
  void Hang(bool hanging) {
    const std::lock_guard lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }
  // Until somebody waits for an answer that does not come.
  void WaitUntilAsked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  [[nodiscard]] Result<std::set<std::uint32_t>> Uids() const override {
    const std::lock_guard lock(mutex_);
    if (error_) return *error_;
    std::set<std::uint32_t> uids;
    for (const auto& [uid, user] : there_)
      uids.insert(uid);
    return uids;
  }
  [[nodiscard]] ports::LoggedInUser Describe(std::uint32_t uid) const override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hanging_; });
    --waiting_;
    const auto user = there_.find(uid);
    return user == there_.end() ? ports::LoggedInUser{"uid:" + std::to_string(uid), {}} : user->second;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::uint32_t, ports::LoggedInUser> there_;
  std::optional<Error> error_;
  bool hanging_ = false;
  mutable int waiting_ = 0;
};

}  // namespace sekimori::fakes
