// Who a name typed at a login belongs to, as the name service knows it. Any thread. Req: R04
#pragma once

#include <optional>
#include <string>

#include "agent/model/login.h"
#include "proto/result.h"

namespace sekimori::ports {

class Users {
 public:
  virtual ~Users() = default;
  // nullopt: nobody has that name. The name in the answer is the one that belongs to the uid, so that an alias is
  // judged as who it is. An error (kTimeout, kUnavailable, kIo, kTooLarge, kConflict): it is not known who that is, or
  // not which groups he is in, and nobody may be let in by that name.
  [[nodiscard]] virtual Result<std::optional<model::LoginUser>> Find(const std::string& name) const = 0;
};

}  // namespace sekimori::ports
