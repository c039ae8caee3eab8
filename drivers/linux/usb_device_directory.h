// One connected USB device in sysfs, held open for as long as this value lives. If the device leaves, every later call
// answers kNotFound, even when another one takes its name. Any thread, one at a time. Req: R02
// Source: Linux, Documentation/ABI/{stable,testing}/sysfs-bus-usb, Documentation/usb/authorization.rst.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/device.h"
#include "drivers/linux/port_path.h"
#include "drivers/linux/sysfs.h"
#include "proto/result.h"

namespace sekimori::drivers {

// Where devices and interfaces are listed, under the sysfs root.
inline constexpr const char* kUsbDevices = "bus/usb/devices";

class UsbDeviceDirectory {
 public:
  // `sysfs_root` is "/sys". kInvalid: not a device's name. kNotFound.
  [[nodiscard]] static Result<UsbDeviceDirectory> Open(const std::filesystem::path& sysfs_root,
                                                       const std::string& port_path);

  // busnum and devnum.
  [[nodiscard]] Result<std::uint32_t> Bus() const { return Number("busnum"); }
  [[nodiscard]] Result<std::uint32_t> Address() const { return Number("devnum"); }
  // Device descriptor and all configurations, as the kernel keeps them since it enumerated the device: the same bytes
  // it takes the interfaces from, so a device cannot show others to us. kTooLarge.
  [[nodiscard]] Result<std::string> Descriptors() const;
  [[nodiscard]] model::Speed Speed() const;
  // Interfaces that exist now, in order: those of the active configuration, none while none is chosen, as always while
  // the device is unauthorized. By their folders, because to read bConfigurationValue waits while a driver looks at the
  // device, which may take a driver many seconds.
  [[nodiscard]] Result<std::vector<InterfaceName>> Interfaces() const;
  // `disguised` is left empty: drivers/linux/disguise.h.
  // An interface of `declared` that is missing from a device that is let in is what a pulled device looks like for a
  // moment: then it is left to settle.
  [[nodiscard]] Result<model::Admission> ReadAdmission(const std::vector<model::Interface>& declared) const;
  // Waits until the kernel is done with a device that looks half there, while a driver looks at it too, and for up to
  // kGoing more when it is being taken apart. kNotFound: it left.
  [[nodiscard]] Status Settle() const;
  static constexpr std::chrono::milliseconds kGoing{200};
  // Of the driver that serves it: "usbhid". Empty: none does.
  [[nodiscard]] Result<std::string> DriverOf(const InterfaceName& interface) const;

  [[nodiscard]] const SysfsDirectory& directory() const { return directory_; }
  // "3-1.2:1.0": the name of an interface as an entry in here.
  [[nodiscard]] static std::string EntryOf(const InterfaceName& interface);

 private:
  [[nodiscard]] bool AllThere(const std::vector<model::Interface>& declared,
                              const std::vector<InterfaceName>& present) const;
  UsbDeviceDirectory(SysfsDirectory directory, std::string port_path)
      : directory_(std::move(directory)), port_path_(std::move(port_path)) {}
  [[nodiscard]] Result<std::uint32_t> Number(const std::string& attribute) const;

  SysfsDirectory directory_;
  std::string port_path_;
};

// model::Device::descriptor_hash of these bytes.
[[nodiscard]] std::array<std::uint8_t, 32> DescriptorHash(const std::string& descriptors);

// Every device's port path under this root, parents before their children. Empty when the system has no USB.
[[nodiscard]] Result<std::vector<std::string>> ListUsbDevices(const std::filesystem::path& sysfs_root);

}  // namespace sekimori::drivers
