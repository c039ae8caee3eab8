// Barrier: keeps "nothing is let in unjudged" true while the policy enforces, and says so when somebody else opened a
// gap. Deciding thread only. Req: R02
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/core/recorder.h"
#include "agent/core/troubles.h"
#include "agent/ports/device_gate.h"

namespace sekimori::core {

class Barrier {
 public:
  Barrier(ports::DeviceGate& gate, Recorder& recorder, Troubles& troubles)
      : gate_(gate), recorder_(recorder), troubles_(troubles) {}

  // Failure is recorded, shown as trouble, and tried again by Check().
  void Close();
  // False: it could not be opened; recorded and shown as trouble.
  [[nodiscard]] bool Open();
  // While closed: finds gaps, closes them, records that another hand opened them. The same gap that cannot be closed is
  // recorded once.
  void Check();

  [[nodiscard]] ports::BarrierState Read() const;

 private:
  ports::DeviceGate& gate_;
  Recorder& recorder_;
  Troubles& troubles_;
  std::vector<std::string> unclosable_;  // gaps already recorded that still stand
  bool close_failed_ = false;
};

}  // namespace sekimori::core
