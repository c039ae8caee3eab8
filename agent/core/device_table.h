// DeviceTable: what is plugged in now, by port path, in order of arrival, with what was decided about it. A plain
// value; deciding thread only. Req: R02
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/admission.h"
#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "agent/model/event.h"

namespace sekimori::core {

struct Judgement {
  model::Device device;  // as it was when judged
  model::Decision decision;
  model::Mode mode = model::Mode::kObserve;
  model::Trigger trigger = model::Trigger::kArrived;
  model::WallTime at;
  bool recorded = false;  // durable in the log: only then may anything be let in by it
};

struct Present {
  model::Observation seen;          // the newest look
  std::uint64_t order = 0;          // of arrival
  std::optional<Judgement> judged;  // empty: waits for its hub, shut
  bool held_back = false;           // not judged yet because too much comes and goes at its port
  bool due = true;                  // the kernel's state is to be compared with the target
  std::optional<Target> settled;    // the target that was reached; a difference from it is somebody else's doing
  int let_in_again = 0;             // times its authorization was taken away behind our back in this connection
  bool taken_away = false;          // just found so: to be let in again, and recorded with how that went
  bool failure_recorded = false;    // of enforcing this judgement
  bool refusal_failed = false;      // not asked of the gate again before Enforcing::TryAgain or another judgement
  bool barred = false;              // was found to be a disk in disguise: stays shut in this connection
};

class DeviceTable {
 public:
  using ByPort = std::map<std::string, Present>;

  [[nodiscard]] Present* Find(const std::string& port_path);
  // The port path must be free.
  Present& Add(model::Observation observation);
  // Takes out the device and everything that hangs on it, leaves first.
  [[nodiscard]] std::vector<Present> Remove(const std::string& port_path);

  [[nodiscard]] std::vector<Present*> InOrderOfArrival();
  [[nodiscard]] std::vector<const Present*> InOrderOfArrival() const;
  // Hubs before what hangs on them, ports in natural order.
  [[nodiscard]] std::vector<const Present*> AsTree() const;
  // Waiting for exactly this hub.
  [[nodiscard]] std::vector<Present*> WaitingFor(const std::string& hub);
  [[nodiscard]] const ByPort& all() const { return present_; }
  [[nodiscard]] ByPort& all() { return present_; }

 private:
  ByPort present_;
  std::uint64_t next_order_ = 0;
};

// "usb3" before "3-1" before "3-1.2" before "3-1.10".
[[nodiscard]] bool PortBefore(const std::string& a, const std::string& b);

}  // namespace sekimori::core
