// The audit log as the deciding thread sees it. Req: R05, R06
#pragma once

#include <span>

#include "agent/model/event.h"
#include "proto/result.h"

namespace sekimori::ports {

class EventLog {
 public:
  virtual ~EventLog() = default;
  // Appends all events, in order, as one durable group: after OK they survive a power cut; after an error none was
  // appended, and whatever they were to permit must not happen. Strings are masked before they are stored (Req: R09).
  [[nodiscard]] virtual Status Append(std::span<const model::Event> events) = 0;
};

}  // namespace sekimori::ports
