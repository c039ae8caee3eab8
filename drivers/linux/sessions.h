// Who is logged in, by logind: people's sessions that are not closing. Req: R02
// Source: sd_get_sessions(3), sd_session_get_class(3), getpwuid_r(3), getgrouplist(3).
#pragma once

#include "agent/ports/logins.h"

namespace sekimori::drivers {

class LogindSessions final : public ports::Logins {
 public:
  // Nobody without logind. kIo.
  [[nodiscard]] Result<std::set<std::uint32_t>> Uids() const override;
  [[nodiscard]] ports::LoggedInUser Describe(std::uint32_t uid) const override;
};

}  // namespace sekimori::drivers
