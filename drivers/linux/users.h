// The machine's users by name. Any thread. Source: getpwnam_r(3), getgrouplist(3), nsswitch.conf(5).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/ports/users.h"

namespace sekimori::drivers {

// Asks the name service, however long it takes. Errors as ports::Users::Find.
[[nodiscard]] Result<std::optional<model::LoginUser>> FindUser(const std::string& name);

// The same with an end to the waiting. A question that hangs is left to itself, on a thread of its own.
class SystemUsers final : public ports::Users {
 public:
  using Search = std::function<Result<std::optional<model::LoginUser>>(const std::string&)>;
  struct Bounds {
    std::chrono::milliseconds patience{5'000};
    std::size_t at_once = 256;  // questions, those that hang included; one more is refused
  };

  SystemUsers() : SystemUsers(FindUser, Bounds{}) {}
  SystemUsers(Search search, const Bounds& bounds);

  // Also kTimeout: the name service took too long. kUnavailable: too many wait for it.
  [[nodiscard]] Result<std::optional<model::LoginUser>> Find(const std::string& name) const override;

 private:
  struct State;
  const std::shared_ptr<State> state_;
  const std::chrono::milliseconds patience_;
};

}  // namespace sekimori::drivers
