// Where devices are seen. The source reads whole descriptors on its own thread, so the deciding thread never waits for
// a device. Req: R02
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "agent/model/device.h"
#include "proto/result.h"

namespace sekimori::ports {

// A device appeared, or something about it changed (descriptors, configuration, class, authorization).
struct DeviceSeen {
  model::Observation observation;
};
// The device under this port path is no longer there.
struct DeviceLeft {
  std::string port_path;
};
// Everything present, read afresh: after Start, after RequestScan and after losses. Whoever is not listed is gone.
struct AllDevices {
  std::vector<model::Observation> observations;
};
// Kernel notices were dropped ("uevent"; an AllDevices follows), or a device could not be looked at ("usb"; an
// AllDevices follows once a scan is asked for and everything can be).
struct NoticesLost {
  std::string source;
  std::string detail;
};
using DeviceNotice = std::variant<DeviceSeen, DeviceLeft, AllDevices, NoticesLost>;

class DeviceSink {
 public:
  virtual ~DeviceSink() = default;
  // Called on the source's thread; never blocks. False: no room, and the sink will ask for a scan once there is.
  virtual bool Deliver(DeviceNotice notice) = 0;
};

class DeviceSource {
 public:
  virtual ~DeviceSource() = default;
  // Starts watching, then delivers AllDevices once. The sink must outlive Stop().
  [[nodiscard]] virtual Status Start(DeviceSink& sink) = 0;
  // Any thread. An AllDevices will be delivered, unless not everything could be looked at: then what could is delivered
  // as seen, and the request is to be made again. Several requests may be answered by one.
  virtual void RequestScan() = 0;
  // Joins the source's thread; no Deliver after it returns.
  virtual void Stop() = 0;
};

}  // namespace sekimori::ports
