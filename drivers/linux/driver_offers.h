// Offers interfaces that were let in to the drivers of the kernel. A driver may keep whoever offers waiting: usbhid
// asks a keyboard that does not answer four times for five seconds. So this is done by threads of its own, at most
// kAtOnce, which end when nothing waits. What a driver answers is nobody's matter: the interface is let in, and a
// driver that is loaded later takes it by itself. One thread calls. Req: R02 Source: Linux, drivers/base/bus.c
// (bind_store, drivers_probe_store), drivers/hid/usbhid/hid-core.c (usbhid_start).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/model/device.h"
#include "drivers/linux/usb_device_directory.h"
#include "proto/result.h"

namespace sekimori::drivers {

struct OfferedInterface {
  std::string entry;  // "1-1:1.0"
  std::uint8_t number = 0;
  std::string class_code;  // bInterfaceClass: two hexadecimal digits
};

class DriverOffers {
 public:
  static constexpr std::size_t kAtOnce = 16;
  static constexpr std::size_t kMaxWaiting = 128;  // devices
  static constexpr std::chrono::seconds kPatience{5};

  explicit DriverOffers(const std::filesystem::path& sysfs_root, std::chrono::milliseconds patience = kPatience);
  // Offers nothing more; waits `patience` for drivers that are looking. Whoever opens the same door next makes up for
  // what was not offered (ports::DeviceGate::FinishLettingIn).
  ~DriverOffers();
  DriverOffers(const DriverOffers&) = delete;
  DriverOffers& operator=(const DriverOffers&) = delete;

  // What is let in without storage among it is looked at right after each offer: one that a storage driver took is shut
  // before the driver looks for disks, and remembered as caught.
  enum class Watch { kForStorage, kNot };

  // Returns at once. Nothing more is offered when the device has left. `judged` is what it was let in as.
  // kFull, kUnavailable (no thread can be made): nothing was taken.
  [[nodiscard]] Status Add(UsbDeviceDirectory device, const model::Device& judged,
                           std::vector<OfferedInterface> interfaces, Watch watch);
  // Whether Add would say kFull.
  [[nodiscard]] bool full() const;
  // What waits of the device on this port is not offered any more. One interface may be with a driver at this moment.
  void Drop(const std::string& port_path);
  // Of this connection of the device.
  [[nodiscard]] model::Disguised Caught(const model::Device& device) const;
  // Until everything is offered, `at_most` so long.
  void Finish(std::chrono::milliseconds at_most = std::chrono::minutes{1});

 private:
  struct Shared;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<Shared> shared_;  // with the threads
};

}  // namespace sekimori::drivers
