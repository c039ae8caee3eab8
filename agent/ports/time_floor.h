// The newest time this terminal is known to have reached, whatever its wall clock says now. Any thread. Req: R17
#pragma once

#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::ports {

class TimeFloor {
 public:
  virtual ~TimeFloor() = default;
  // From what cannot be set back unseen: the log's own records, the collector's signed word. An error: nobody knows,
  // and whatever ends or begins by the date is refused.
  [[nodiscard]] virtual Result<model::WallTime> Newest() const = 0;
};

}  // namespace sekimori::ports
