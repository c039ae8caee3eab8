// Offers interfaces that were let in to the drivers of the kernel. A driver may keep whoever offers waiting: usbhid
// asks a keyboard that does not answer four times for five seconds. So this is done by threads of its own, at most
// kAtOnce, which end when nothing waits. What a driver answers is nobody's matter: the interface is let in, and a
// driver that is loaded later takes it by itself. One thread calls. Req: R02 Source: Linux, drivers/base/bus.c
// (bind_store, drivers_probe_store), drivers/hid/usbhid/hid-core.c (usbhid_start).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "drivers/linux/usb_device_directory.h"
#include "proto/result.h"

namespace sekimori::drivers {

struct OfferedInterface {
  std::string entry;       // "1-1:1.0"
  std::string class_code;  // bInterfaceClass: two hexadecimal digits
};

class DriverOffers {
 public:
  static constexpr std::size_t kAtOnce = 4;
  static constexpr std::size_t kMaxWaiting = 128;  // devices

  explicit DriverOffers(const std::filesystem::path& sysfs_root);
  // Waits as Finish does.
  ~DriverOffers();
  DriverOffers(const DriverOffers&) = delete;
  DriverOffers& operator=(const DriverOffers&) = delete;

  // Returns at once. Nothing more is offered when the device has left. kFull: too many wait.
  [[nodiscard]] Status Add(UsbDeviceDirectory device, std::vector<OfferedInterface> interfaces);
  // What waits of the device on this port is not offered any more. One interface may be with a driver at this moment.
  void Drop(const std::string& port_path);
  // Until everything is offered.
  void Finish();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with the threads
};

}  // namespace sekimori::drivers
