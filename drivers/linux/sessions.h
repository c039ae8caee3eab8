// Who is logged in, by logind: people's sessions that are not closing. Req: R02
// Source: sd_get_sessions(3), sd_session_get_class(3), getpwuid_r(3), getgrouplist(3).
#pragma once

#include "agent/ports/sessions.h"

namespace sekimori::drivers {

class LogindSessions final : public ports::Sessions {
 public:
  // Empty without logind. A user whom the name service does not know is named "uid:1000" and is in no group, so that no
  // rule for users lets anything in by accident. kIo. May ask a directory server (NSS) and take its time.
  [[nodiscard]] Result<std::vector<ports::LoggedInUser>> LoggedIn() const override;
};

// Name and groups of one user, as LoggedIn() gives them.
[[nodiscard]] ports::LoggedInUser DescribeUser(unsigned uid);

}  // namespace sekimori::drivers
