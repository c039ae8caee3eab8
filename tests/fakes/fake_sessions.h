// Users logged in as the test says. One thread.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/sessions.h"

namespace sekimori::fakes {

class FakeSessions final : public ports::Sessions {
 public:
  void LogIn(const std::string& name, std::vector<std::string> groups = {}) {
    LogOut(name);
    users_.push_back({name, std::move(groups)});
    std::sort(users_.begin(), users_.end());
  }
  void LogOut(const std::string& name) {
    std::erase_if(users_, [&](const ports::LoggedInUser& user) { return user.name == name; });
  }
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) { error_ = std::move(error); }

  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override {
    if (error_) return *error_;
    return users_;
  }

 private:
  std::vector<ports::LoggedInUser> users_;
  std::optional<Error> error_;
};

}  // namespace sekimori::fakes
