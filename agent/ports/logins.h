// Who is logged in at this terminal, as the system knows it: in two halves, because the second may wait for a directory
// server. Any thread.
#pragma once

#include <cstdint>
#include <set>

#include "agent/ports/sessions.h"
#include "proto/result.h"

namespace sekimori::ports {

class Logins {
 public:
  virtual ~Logins() = default;
  // Of people's sessions that are not closing. Asks no one but this machine.
  [[nodiscard]] virtual Result<std::set<std::uint32_t>> Uids() const = 0;
  // A user whom the name service does not know is named "uid:1000" and is in no group, so that no rule for users lets
  // anything in by accident. May take its time.
  [[nodiscard]] virtual LoggedInUser Describe(std::uint32_t uid) const = 0;
};

}  // namespace sekimori::ports
