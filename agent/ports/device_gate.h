// The barrier itself: USB authorization in the kernel. Every call is synchronous and says exactly what it did. Req: R02
// Contract: a call names the device by port path *and* address and descriptor hash; if another device sits there by
// now, the call changes nothing and answers kConflict. Used by the deciding thread only.
// What a device says it is has been judged; what the kernel would make of it against its word is the gate's to prevent:
// an interface that does not say it is storage never becomes a disk (model::Admission::disguised).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/model/device.h"
#include "proto/result.h"

namespace sekimori::ports {

// Where a device that nobody has judged would be let in.
struct BarrierState {
  bool closed = false;            // nothing is let in unjudged, controllers that come later included
  std::vector<std::string> gaps;  // what stands open, e.g. "usb2", "usbcore.authorized_default=1"
};

class DeviceGate {
 public:
  virtual ~DeviceGate() = default;
  // Every root hub present and every controller to come refuses unjudged devices and interfaces. Safe to repeat.
  [[nodiscard]] virtual Status CloseBarrier() = 0;
  // The kernel's ordinary defaults: devices are let in unjudged.
  [[nodiscard]] virtual Status OpenBarrier() = 0;
  [[nodiscard]] virtual Result<BarrierState> ReadBarrier() const = 0;
  // What the kernel lets through of this very device, read now. An observation may be older than our own last write;
  // this is not. kNotFound: nothing sits there any more. Disks in disguise are told, whoever let them in.
  [[nodiscard]] virtual Result<model::Admission> ReadAdmission(const model::Device& device) const = 0;

  // Lets in the device and all its interfaces. Their drivers are asked afterwards, without anybody waiting for them.
  // kUntrusted: one of them is a disk in disguise, and nothing is let in; this is not asked while the barrier is open.
  // kFull, kUnavailable: too many devices wait for their drivers, or nobody can ask them.
  [[nodiscard]] virtual Status AdmitDevice(const model::Device& device) = 0;
  // Lets in the device with only these interface numbers; every other interface is refused. Nothing is open in between.
  // kUntrusted: as above, the barrier open or closed.
  [[nodiscard]] virtual Status AdmitInterfaces(const model::Device& device, const std::set<std::uint8_t>& numbers) = 0;
  // Asks drivers for interfaces that are in and have none, as may be left over from an agent that ended in between.
  // Lets nothing in that is not. Errors as AdmitDevice.
  [[nodiscard]] virtual Status FinishLettingIn(const model::Device& device) = 0;
  // Shuts the device: its drivers are unbound and its disks gone when the call returns OK.
  [[nodiscard]] virtual Status Refuse(const model::Device& device) = 0;
};

}  // namespace sekimori::ports
