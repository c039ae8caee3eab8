// Who has which name, as the test says; unknown when told to. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "agent/ports/users.h"

namespace sekimori::fakes {

class FakeUsers final : public ports::Users {
 public:
  void Add(model::LoginUser user, std::optional<std::string> alias = std::nullopt) {
    const std::lock_guard lock(mutex_);
    const std::string name = alias.value_or(user.name);
    users_.insert_or_assign(name, std::move(user));
  }
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  [[nodiscard]] Result<std::optional<model::LoginUser>> Find(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    if (error_) return *error_;
    const auto found = users_.find(name);
    return found == users_.end() ? std::optional<model::LoginUser>() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, model::LoginUser> users_;
  std::optional<Error> error_;
};

}  // namespace sekimori::fakes
