// Who is logged in at this terminal.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/result.h"

namespace sekimori::ports {

struct LoggedInUser {
  std::string name;
  std::vector<std::string> groups;  // names
  auto operator<=>(const LoggedInUser&) const = default;
};

class Sessions {
 public:
  virtual ~Sessions() = default;
  // Sorted by name, each once.
  [[nodiscard]] virtual Result<std::vector<LoggedInUser>> LoggedIn() const = 0;
};

}  // namespace sekimori::ports
