#include "drivers/linux/usb_device_directory.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "drivers/portable/descriptors.h"
#include "proto/signing/sha256.h"

namespace sekimori::drivers {
namespace {

constexpr std::size_t kMostInterfaces = 32;

Result<std::uint32_t> ParseNumber(const std::string& text, const std::string& where) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    return Error{ErrorCode::kIo, where, "\"" + text + "\" where a number was expected"};
  return value;
}

}  // namespace

Result<UsbDeviceDirectory> UsbDeviceDirectory::Open(const std::filesystem::path& sysfs_root,
                                                    const std::string& port_path) {
  if (!IsPortPath(port_path))
    return Error{ErrorCode::kInvalid, port_path, "not a device's name; expected one like 3-1.2 or usb3"};
  Result<SysfsDirectory> directory = SysfsDirectory::Open(sysfs_root / kUsbDevices / port_path);
  if (!directory.ok()) return directory.error();
  return UsbDeviceDirectory(std::move(directory).value(), port_path);
}

Result<std::uint32_t> UsbDeviceDirectory::Number(const std::string& attribute) const {
  const Result<std::string> text = directory_.Read(attribute);
  if (!text.ok()) return text.error();
  return ParseNumber(text.value(), (directory_.path() / attribute).string());
}

Result<std::string> UsbDeviceDirectory::Descriptors() const {
  return directory_.ReadBinary("descriptors", kMaxDescriptorBytes);
}

model::Speed UsbDeviceDirectory::Speed() const {
  const Result<std::string> text = directory_.Read("speed");
  if (!text.ok()) return model::Speed::kUnknown;
  if (text.value() == "1.5") return model::Speed::kLow;
  if (text.value() == "12") return model::Speed::kFull;
  if (text.value() == "480") return model::Speed::kHigh;
  if (text.value() == "5000") return model::Speed::kSuper;
  if (text.value() == "10000" || text.value() == "20000") return model::Speed::kSuperPlus;
  return model::Speed::kUnknown;
}

Result<std::vector<InterfaceName>> UsbDeviceDirectory::Interfaces() const {
  const Result<std::vector<std::string>> names = directory_.List();
  if (!names.ok()) return names.error();
  std::vector<InterfaceName> interfaces;
  for (const std::string& name : names.value()) {
    const std::optional<InterfaceName> interface = ParseInterfaceName(name);
    if (interface && interface->port_path == port_path_) interfaces.push_back(*interface);
  }
  std::sort(interfaces.begin(), interfaces.end(),
            [](const InterfaceName& left, const InterfaceName& right) { return left.number < right.number; });
  return interfaces;
}

std::string UsbDeviceDirectory::EntryOf(const InterfaceName& interface) {
  const std::string device =
      IsRootHub(interface.port_path) ? interface.port_path.substr(3) + "-0" : interface.port_path;
  return device + ":" + std::to_string(interface.configuration) + "." + std::to_string(interface.number);
}

bool UsbDeviceDirectory::AllThere(const std::vector<model::Interface>& declared,
                                  const std::vector<InterfaceName>& present) const {
  if (present.empty()) return declared.empty();
  // The kernel takes no more of a configuration (USB_MAXINTERFACES in drivers/usb/core/config.c).
  if (present.size() >= kMostInterfaces) return true;
  return std::all_of(declared.begin(), declared.end(), [&](const model::Interface& each) {
    if (each.configuration != present.front().configuration) return true;
    return std::any_of(present.begin(), present.end(),
                       [&](const InterfaceName& name) { return name.number == each.number; });
  });
}

// The kernel holds the device's lock while its interfaces come or go, and before it lets go of it at the end it takes
// away the link to the port (usb_disconnect in drivers/usb/core/hub.c). Between that and the folder's own end the
// device is gone already, with nothing else to tell it by.
Status UsbDeviceDirectory::Settle() const {
  // Answered under that lock (drivers/usb/core/sysfs.c).
  if (const Result<std::string> configuration = directory_.Read("bConfigurationValue"); !configuration.ok())
    return configuration.error();
  if (IsRootHub(port_path_)) return Status::Ok();
  const auto until = std::chrono::steady_clock::now() + kGoing;
  while (!directory_.LinkedName("port").ok()) {
    if (const Result<std::uint32_t> bus = Bus(); !bus.ok()) return bus.error();
    // One that has only just come is linked a moment after its folder is there.
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return Status::Ok();
}

Result<model::Admission> UsbDeviceDirectory::ReadAdmission(const std::vector<model::Interface>& declared) const {
  const Result<std::string> authorized = directory_.Read("authorized");
  if (!authorized.ok()) return authorized.error();
  model::Admission admission;
  // Interfaces of a device that is not let in are not let in, whatever they say.
  admission.authorized = authorized.value() != "0";
  if (!admission.authorized) return admission;
  Result<std::vector<InterfaceName>> interfaces = Interfaces();
  // Twice, so that the list believed in the end is followed by a look whether the device is there.
  for (int look = 0; look < 2 && interfaces.ok() && !AllThere(declared, interfaces.value()); ++look) {
    if (Status settled = Settle(); !settled.ok()) return settled.error();
    if (look == 0) interfaces = Interfaces();
  }
  if (!interfaces.ok()) return interfaces.error();
  for (const InterfaceName& interface : interfaces.value()) {
    const Result<std::string> state = directory_.Read(EntryOf(interface) + "/authorized");
    // One that vanished since it was listed lets nothing in; and it may be the first thing to go of a pulled device.
    if (!state.ok() && state.error().code == ErrorCode::kNotFound) {
      if (Status settled = Settle(); !settled.ok()) return settled.error();
      continue;
    }
    if (!state.ok()) return state.error();
    if (state.value() != "0") admission.interfaces.insert(interface.number);
  }
  return admission;
}

Result<std::string> UsbDeviceDirectory::DriverOf(const InterfaceName& interface) const {
  Result<std::string> driver = directory_.LinkedName(EntryOf(interface) + "/driver");
  if (!driver.ok() && driver.error().code == ErrorCode::kNotFound) return std::string{};
  return driver;
}

std::array<std::uint8_t, 32> DescriptorHash(const std::string& descriptors) {
  return signing::Sha256(descriptors);
}

Result<std::vector<std::string>> ListUsbDevices(const std::filesystem::path& sysfs_root) {
  std::vector<std::string> devices;
  const Result<SysfsDirectory> directory = SysfsDirectory::Open(sysfs_root / kUsbDevices);
  if (!directory.ok() && directory.error().code == ErrorCode::kNotFound) return devices;
  if (!directory.ok()) return directory.error();
  Result<std::vector<std::string>> names = directory.value().List();
  if (!names.ok()) return names.error();
  for (std::string& name : names.value())
    if (IsPortPath(name)) devices.push_back(std::move(name));
  std::stable_sort(devices.begin(), devices.end(),
                   [](const std::string& left, const std::string& right) { return Tier(left) < Tier(right); });
  return devices;
}

}  // namespace sekimori::drivers
