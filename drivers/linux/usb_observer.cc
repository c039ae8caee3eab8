#include "drivers/linux/usb_observer.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "drivers/linux/disguise.h"
#include "drivers/linux/scoped_fd.h"
#include "drivers/linux/usb_device_directory.h"
#include "drivers/portable/descriptors.h"

namespace sekimori::drivers {
namespace {

// The node the kernel made for this very device, not one left over or put in its place. Not valid: there is none, or it
// may not be opened.
ScopedFd OpenNode(const UsbPaths& paths, const UsbDeviceDirectory& directory, std::uint32_t bus,
                  std::uint32_t address) {
  char name[32];
  std::snprintf(name, sizeof name, "%03u/%03u", bus, address);
  ScopedFd node(::open((paths.device_nodes / name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!node.valid()) return node;
  struct stat status {};
  const Result<std::string> number = directory.directory().Read("dev");
  if (::fstat(node.get(), &status) != 0 || !S_ISCHR(status.st_mode) || !number.ok() ||
      number.value() != std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev)))
    node.Reset();
  return node;
}

void KeepOld(std::string& now, const std::string& before) {
  if (now.empty()) now = before;
}

void KeepOldStrings(model::Device& now, const model::Device& before) {
  KeepOld(now.manufacturer, before.manufacturer);
  KeepOld(now.product_name, before.product_name);
  KeepOld(now.serial, before.serial);
  // Same descriptors, hence the same interfaces in the same order.
  for (std::size_t i = 0; i < now.interfaces.size() && i < before.interfaces.size(); ++i)
    KeepOld(now.interfaces[i].name, before.interfaces[i].name);
}

// Status is kNotFound when the device left.
Status ReadStrings(UsbBus& bus, const ScopedFd& node, const ParsedDescriptors& parsed, UsbLook& look) {
  model::Device& device = look.seen.device;
  Result<UsbIdentity> identity = bus.ReadIdentity(node.get(), parsed);
  if (!identity.ok() && identity.error().code == ErrorCode::kNotFound) return identity.error();
  if (!identity.ok() || !identity.value().descriptors_agree) device.complete = false;
  if (!identity.ok()) return Status::Ok();
  look.asked = true;
  look.silent = identity.value().unanswered;
  device.manufacturer = std::move(identity.value().manufacturer);
  device.product_name = std::move(identity.value().product_name);
  device.serial = std::move(identity.value().serial);
  for (std::size_t i = 0; i < device.interfaces.size() && i < identity.value().interface_names.size(); ++i)
    device.interfaces[i].name = std::move(identity.value().interface_names[i]);
  return Status::Ok();
}

void Describe(const ParsedDescriptors& parsed, model::Device& device) {
  device.vendor = parsed.vendor;
  device.product = parsed.product;
  device.release = parsed.release;
  device.kind = parsed.kind;
  for (const ParsedInterface& one : parsed.interfaces)
    device.interfaces.push_back(one.interface);
  device.complete = parsed.fault.empty();
}

// Configuration and admission, in that order: an interface of a configuration chosen meanwhile is then missing, and the
// notice of that change brings the next look.
Status ReadState(const UsbDeviceDirectory& directory, model::Observation& seen) {
  const Result<std::vector<InterfaceName>> interfaces = directory.Interfaces();
  if (!interfaces.ok() && interfaces.error().code == ErrorCode::kNotFound) return interfaces.error();
  if (!interfaces.ok())
    seen.device.complete = false;
  else if (!interfaces.value().empty())
    seen.device.active_configuration = interfaces.value().front().configuration;
  Result<model::Admission> admission = directory.ReadAdmission(seen.device.interfaces);
  if (!admission.ok() && admission.error().code == ErrorCode::kNotFound) return admission.error();
  if (!admission.ok()) {
    seen.device.complete = false;
    return Status::Ok();
  }
  seen.admission = std::move(admission).value();
  Result<model::Disguised> served = ServedInDisguise(directory, seen.device.interfaces, seen.admission.interfaces);
  if (!served.ok() && served.error().code == ErrorCode::kNotFound) return served.error();
  if (served.ok())
    seen.admission.disguised = std::move(served).value();
  else
    seen.device.complete = false;
  return Status::Ok();
}

}  // namespace

Result<UsbLook> ObserveUsbDevice(UsbBus& bus, const UsbPaths& paths, const std::string& port_path,
                                 const model::Observation* before, Ask ask) {
  const Result<UsbDeviceDirectory> opened = UsbDeviceDirectory::Open(paths.sysfs, port_path);
  if (!opened.ok()) return opened.error();
  const UsbDeviceDirectory& directory = opened.value();
  const Result<std::uint32_t> bus_number = directory.Bus();
  const Result<std::uint32_t> address = directory.Address();
  if (!address.ok()) return address.error();
  if (!bus_number.ok()) return bus_number.error();

  UsbLook look;
  model::Device& device = look.seen.device;
  device.port_path = port_path;
  device.parent = ParentOf(port_path);
  device.address = address.value();
  device.root_hub = IsRootHub(port_path);
  device.speed = directory.Speed();
  const Result<std::string> descriptors = directory.Descriptors();
  if (!descriptors.ok() && descriptors.error().code == ErrorCode::kNotFound) return descriptors.error();
  if (descriptors.ok()) {
    const ParsedDescriptors parsed = ParseDescriptors(std::as_bytes(std::span(descriptors.value())));
    Describe(parsed, device);
    device.descriptor_hash = DescriptorHash(descriptors.value());
    const bool same = before != nullptr && before->device.address == device.address &&
                      before->device.descriptor_hash == device.descriptor_hash;
    // What it said once in this connection is kept: a device in use is not disturbed, nor is its node opened while a
    // driver that looks at the device would keep us waiting there.
    if (same && (ask == Ask::kNothing || before->device.complete)) {
      KeepOldStrings(device, before->device);
      device.complete = device.complete && before->device.complete;
    } else if (const ScopedFd node = OpenNode(paths, directory, bus_number.value(), address.value()); node.valid()) {
      if (Status read = ReadStrings(bus, node, parsed, look); !read.ok()) return read.error();
      if (same) KeepOldStrings(device, before->device);
      if (look.silent && ask != Ask::kLastTime) device.complete = false;
    } else {
      // Not asked, the device has no serial number that a rule could know it by. That is not the same as having none.
      device.complete = false;
    }
  }
  if (Status state = ReadState(directory, look.seen); !state.ok()) return state.error();
  return look;
}

}  // namespace sekimori::drivers
