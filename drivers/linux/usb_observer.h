// One look at one device: its descriptors and what the kernel lets through from sysfs, its strings through libusb.
// Req: R02. One thread.
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/device.h"
#include "drivers/portable/usb_identity.h"
#include "proto/result.h"

namespace sekimori::drivers {

struct UsbPaths {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path device_nodes = "/dev/bus/usb";
};

// `before`: what the last look showed, or nullptr. With `fresh` the strings are read from the device again; else those
// of `before` serve as long as it is the same connection with the same descriptors, so that a device in use is left
// alone. A string the device gave before and now refuses is kept: a stick that is busy writing must not lose its name.
// kNotFound: no device is there (any more). kIo: it is there and could not be looked at (no descriptor left to open,
// for instance); that says nothing about the device. What goes wrong after that gives an observation with `complete`
// false.
[[nodiscard]] Result<model::Observation> ObserveUsbDevice(UsbBus& bus, const UsbPaths& paths,
                                                          const std::string& port_path,
                                                          const model::Observation* before, bool fresh);

}  // namespace sekimori::drivers
