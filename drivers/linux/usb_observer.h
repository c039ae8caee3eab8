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

// What of a device that is known already is asked of the device itself. One that is new, or another, is asked in any
// case.
enum class Ask {
  kNothing,   // its strings serve, so that a device in use is left alone
  kStrings,   // again
  kLastTime,  // again, and what it does not answer now it is taken not to have
};

struct UsbLook {
  model::Observation seen;
  bool asked = false;
  // It was asked and did not answer, nor did it before: asked again it may. Until the last time it counts as not read
  // whole (`complete` false), because a rule could know it by what it did not say.
  bool silent = false;
};

// `before`: what the last look showed, or nullptr; of use as long as it is the same connection with the same
// descriptors. A string the device gave before and now refuses is kept: a stick that is busy writing must not lose its
// name. kNotFound: no device is there (any more). kIo: it is there and could not be looked at (no descriptor left to
// open, for instance); that says nothing about the device. What goes wrong after that gives an observation with
// `complete` false.
[[nodiscard]] Result<UsbLook> ObserveUsbDevice(UsbBus& bus, const UsbPaths& paths, const std::string& port_path,
                                               const model::Observation* before, Ask ask);

}  // namespace sekimori::drivers
