#include "drivers/linux/usb_gate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "drivers/linux/disguise.h"
#include "drivers/portable/descriptors.h"

namespace sekimori::drivers {
namespace {

constexpr const char* kParameters = "module/usbcore/parameters";
constexpr const char* kDeviceDefault = "authorized_default";
constexpr const char* kInterfaceDefault = "interface_authorized_default";
constexpr const char* kAuthorized = "authorized";

bool Gone(const Error& error) {
  return error.code == ErrorCode::kNotFound;
}

// Keeps the first error and goes on.
void Note(Status& first, Status next) {
  if (first.ok() && !next.ok()) first = std::move(next);
}

// Where storage is let in, storage drivers are what is expected.
DriverOffers::Watch WatchFor(const model::Device& device, const std::set<std::uint8_t>& let_in) {
  const bool storage = std::any_of(device.interfaces.begin(), device.interfaces.end(), [&](const auto& each) {
    return let_in.contains(each.number) && each.kind.class_code == model::kClassMassStorage;
  });
  return storage ? DriverOffers::Watch::kNot : DriverOffers::Watch::kForStorage;
}

std::set<std::uint8_t> NumbersOf(const model::Device& device) {
  std::set<std::uint8_t> numbers;
  for (const model::Interface& interface : device.interfaces)
    numbers.insert(interface.number);
  return numbers;
}

// What stands so already is not written again: even a write that changes nothing waits for a driver that is looking at
// the device.
Status SetUnlessSo(const SysfsDirectory& directory, const std::string& name, std::string_view value) {
  const Result<std::string> now = directory.Read(name);
  return now.ok() && now.value() == value ? Status::Ok() : directory.Set(name, value);
}

Status ShutInterface(const UsbDeviceDirectory& directory, const InterfaceName& interface) {
  Status shut = SetUnlessSo(directory.directory(), UsbDeviceDirectory::EntryOf(interface) + "/authorized", "0");
  // One that is not there any more lets nothing in.
  return !shut.ok() && Gone(shut.error()) ? Status::Ok() : shut;
}

Status ShutUnlisted(const UsbDeviceDirectory& directory, const std::set<std::uint8_t>& numbers) {
  const Result<std::vector<InterfaceName>> interfaces = directory.Interfaces();
  if (!interfaces.ok()) return interfaces.error();
  Status first;
  for (const InterfaceName& interface : interfaces.value())
    if (!numbers.contains(interface.number)) Note(first, ShutInterface(directory, interface));
  return first;
}

// Of the configuration the kernel chose for a device that was let in just now.
Result<std::vector<InterfaceName>> InterfacesOf(const UsbDeviceDirectory& directory, const model::Device& device) {
  Result<std::vector<InterfaceName>> interfaces = directory.Interfaces();
  if (!interfaces.ok() || !interfaces.value().empty() || device.interfaces.empty()) return interfaces;
  if (Status there = directory.Settle(); !there.ok()) return there.error();
  return Error{ErrorCode::kUnavailable, device.port_path,
               "let in, but the kernel chose no configuration (perhaps too little power on this port)"};
}

// Has udev look at the device once more: the node under /dev/bus/usb belongs to root alone while its device is shut
// (packaging/udev), and what udev made of it at arrival holds until the next event. Nothing depends on its success.
// "add" for one that was let in: permissions, groups and many other rules are for that action only, and the kernel sent
// it while there was nothing to use yet.
constexpr std::string_view kLetIn = "add";
constexpr std::string_view kShut = "change";
void TellUdev(const UsbDeviceDirectory& directory, std::string_view action) {
  static_cast<void>(directory.directory().Write("uevent", action));
}

}  // namespace

Status UsbGate::SetBarrier(bool closed) {
  // -1 is the kernel's own default, which means 1 for everything but wireless USB.
  const char* parameter = closed ? "0" : "-1";
  const char* bus_default = closed ? "0" : "1";
  const Result<SysfsDirectory> parameters = SysfsDirectory::Open(root_ / kParameters);
  if (!parameters.ok())
    return Error{ErrorCode::kUnsupported, (root_ / kParameters).string(),
                 "usbcore is not in this kernel: there is no USB authorization to set"};
  // The parameter before the list: a controller that comes in between starts shut and is in the list or not.
  Status first = parameters.value().Set(kDeviceDefault, parameter);
  const Result<std::vector<std::string>> devices = ListUsbDevices(root_);
  if (!devices.ok()) return devices.error();
  for (const std::string& name : devices.value()) {
    if (!IsRootHub(name)) continue;
    for (const char* attribute : {kDeviceDefault, kInterfaceDefault}) {
      const Result<SysfsDirectory> hub = SysfsDirectory::Open(root_ / kUsbDevices / name);
      Status set = hub.ok() ? hub.value().Set(attribute, bus_default) : Status(hub.error());
      // A controller that left since is no gap; an attribute missing from one that is there is.
      if (!set.ok() && Gone(set.error()) && !SysfsDirectory::Open(root_ / kUsbDevices / name).ok()) continue;
      Note(first, std::move(set));
    }
  }
  return first;
}

Status UsbGate::CloseBarrier() {
  return SetBarrier(true);
}

Status UsbGate::OpenBarrier() {
  return SetBarrier(false);
}

Result<bool> UsbGate::AnyDeviceIn(const std::string& root_hub) const {
  const Result<std::vector<std::string>> devices = ListUsbDevices(root_);
  if (!devices.ok()) return devices.error();
  for (const std::string& name : devices.value()) {
    if (IsRootHub(name) || RootHubOf(name) != root_hub) continue;
    const Result<SysfsDirectory> device = SysfsDirectory::Open(root_ / kUsbDevices / name);
    const Result<std::string> authorized =
        device.ok() ? device.value().Read(kAuthorized) : Result<std::string>(device.error());
    if (!authorized.ok() && Gone(authorized.error())) continue;
    if (!authorized.ok()) return authorized.error();
    if (authorized.value() != "0") return true;
  }
  return false;
}

Result<ports::BarrierState> UsbGate::ReadBarrier() const {
  const Result<SysfsDirectory> parameters = SysfsDirectory::Open(root_ / kParameters);
  if (!parameters.ok())
    return Error{ErrorCode::kUnsupported, (root_ / kParameters).string(),
                 "usbcore is not in this kernel: there is no USB authorization to read"};
  const Result<std::string> parameter = parameters.value().Read(kDeviceDefault);
  if (!parameter.ok()) return parameter.error();
  ports::BarrierState state;
  if (parameter.value() != "0") state.gaps.push_back("usbcore.authorized_default=" + parameter.value());
  const Result<std::vector<std::string>> devices = ListUsbDevices(root_);
  if (!devices.ok()) return devices.error();
  for (const std::string& name : devices.value()) {
    if (!IsRootHub(name)) continue;
    const Result<SysfsDirectory> hub = SysfsDirectory::Open(root_ / kUsbDevices / name);
    if (!hub.ok() && Gone(hub.error())) continue;
    if (!hub.ok()) return hub.error();
    const Result<std::string> for_devices = hub.value().Read(kDeviceDefault);
    const Result<std::string> for_interfaces = hub.value().Read(kInterfaceDefault);
    // A root hub whose state cannot be told counts as open.
    const std::string devices_now = for_devices.ok() ? for_devices.value() : "unreadable";
    const std::string interfaces_now = for_interfaces.ok() ? for_interfaces.value() : "unreadable";
    if (devices_now != "0") state.gaps.push_back(name + "." + kDeviceDefault + "=" + devices_now);
    if (interfaces_now == "0") continue;
    const Result<bool> any_in = AnyDeviceIn(name);
    if (!any_in.ok()) return any_in.error();
    if (any_in.value()) state.gaps.push_back(name + "." + kInterfaceDefault + "=" + interfaces_now);
  }
  state.closed = state.gaps.empty();
  return state;
}

Result<UsbDeviceDirectory> UsbGate::OpenAddressed(const model::Device& device) const {
  Result<UsbDeviceDirectory> directory = UsbDeviceDirectory::Open(root_, device.port_path);
  if (!directory.ok()) return directory;
  const Result<std::uint32_t> address = directory.value().Address();
  if (!address.ok()) return address.error();
  if (address.value() != device.address)
    return Error{ErrorCode::kConflict, device.port_path, "another device is there by now than the one that was judged"};
  return directory;
}

Result<UsbGate::Judged> UsbGate::OpenJudged(const model::Device& device) const {
  Result<UsbDeviceDirectory> directory = OpenAddressed(device);
  if (!directory.ok()) return directory.error();
  const Result<std::string> descriptors = directory.value().Descriptors();
  if (!descriptors.ok()) return descriptors.error();
  if (DescriptorHash(descriptors.value()) != device.descriptor_hash)
    return Error{ErrorCode::kConflict, device.port_path, "the descriptors are no longer those that were judged"};
  return Judged{std::move(directory).value(), ParseDescriptors(std::as_bytes(std::span(descriptors.value())))};
}

Result<UsbGate::Judged> UsbGate::OpenKnown(const model::Device& device) const {
  if (device.complete) return OpenJudged(device);
  Result<UsbDeviceDirectory> directory = OpenAddressed(device);
  if (!directory.ok()) return directory.error();
  return Judged{std::move(directory).value(), {}};
}

Result<model::Admission> UsbGate::ReadAdmission(const model::Device& device) const {
  const Result<Judged> known = OpenKnown(device);
  if (!known.ok()) return known.error();
  const UsbDeviceDirectory& directory = known.value().directory;
  Result<model::Admission> admission = directory.ReadAdmission(device.interfaces);
  if (!admission.ok()) return admission;
  const std::set<std::uint8_t>& let_in = admission.value().interfaces;
  Result<model::Disguised> served = ServedInDisguise(directory, device.interfaces, let_in);
  if (!served.ok()) return served.error();
  served.value().merge(offers_.Caught(device));
  Result<model::Disguised> possible = DisguisedAmong(known.value().descriptors, directory.Speed(), let_in, aliases_);
  // A driver that serves it says more than one that would.
  if (!possible.ok() && served.value().empty()) return possible.error();
  if (possible.ok()) served.value().merge(possible.value());
  admission.value().disguised = std::move(served).value();
  return admission;
}

Status UsbGate::SeeThrough(const Judged& judged, const model::Device& device,
                           const std::set<std::uint8_t>& numbers) const {
  if (const model::Disguised caught = offers_.Caught(device); !caught.empty())
    return Error{ErrorCode::kUntrusted, device.port_path, caught.begin()->second};
  const Result<model::Disguised> disguised =
      DisguisedAmong(judged.descriptors, judged.directory.Speed(), numbers, aliases_);
  if (!disguised.ok()) return disguised.error();
  if (disguised.value().empty()) return Status::Ok();
  return Error{ErrorCode::kUntrusted, device.port_path, disguised.value().begin()->second};
}

Result<bool> UsbGate::BarrierClosedFor(const model::Device& device) const {
  const Result<SysfsDirectory> hub = SysfsDirectory::Open(root_ / kUsbDevices / RootHubOf(device.port_path));
  if (!hub.ok()) return hub.error();
  const Result<std::string> value = hub.value().Read(kDeviceDefault);
  if (!value.ok()) return value.error();
  return value.value() == "0";
}

Status UsbGate::ShutInterfaceDefault(const model::Device& device) const {
  const Result<SysfsDirectory> hub = SysfsDirectory::Open(root_ / kUsbDevices / RootHubOf(device.port_path));
  if (!hub.ok()) return hub.error();
  return hub.value().Set(kInterfaceDefault, "0");
}

// All before any driver is asked: a driver that serves several interfaces of a device (cameras, modems, sound) gives up
// if one of them is still shut.
Status UsbGate::LetIn(const UsbDeviceDirectory& directory, const std::vector<InterfaceName>& interfaces,
                      Offers& offers) {
  Status first;
  for (const InterfaceName& interface : interfaces) {
    const std::string entry = UsbDeviceDirectory::EntryOf(interface);
    Result<std::string> class_code = directory.directory().Read(entry + "/bInterfaceClass");
    Status set =
        class_code.ok() ? SetUnlessSo(directory.directory(), entry + "/authorized", "1") : Status(class_code.error());
    if (set.ok()) offers.push_back({entry, interface.number, std::move(class_code).value()});
    Note(first, std::move(set));
  }
  return first;
}

// Both acts of letting in begin so: what is about to be decided anew is not offered meanwhile.
Status UsbGate::BeginOffers(const model::Device& device) {
  if (offers_.full()) return Error{ErrorCode::kFull, device.port_path, "too many devices wait for their drivers"};
  offers_.Drop(device.port_path);
  return Status::Ok();
}

Status UsbGate::AdmitDevice(const model::Device& device) {
  if (Status begun = BeginOffers(device); !begun.ok()) return begun;
  Result<Judged> judged = OpenJudged(device);
  if (!judged.ok()) return judged.error();
  const Result<bool> closed = BarrierClosedFor(device);
  if (!closed.ok()) return closed.error();
  // So that interfaces it may show later, with another configuration, wait for a judgement. While the barrier is open
  // the default stays as it is: it holds for every device of the bus. Nor is a disguise asked about then: what is let
  // in unjudged could be a disk without one.
  if (closed.value()) {
    if (Status shut = ShutInterfaceDefault(device); !shut.ok()) return shut;
    if (Status seen = SeeThrough(judged.value(), device, NumbersOf(device)); !seen.ok()) return seen;
  }
  UsbDeviceDirectory& directory = judged.value().directory;
  Offers offers;
  Status let_in = LetInWhole(directory, device, offers);
  TellUdev(directory, let_in.ok() ? kLetIn : kShut);
  const auto watch = closed.value() ? WatchFor(device, NumbersOf(device)) : DriverOffers::Watch::kNot;
  Note(let_in, offers_.Add(std::move(directory), device, std::move(offers), watch));
  return let_in;
}

Status UsbGate::LetInWhole(const UsbDeviceDirectory& directory, const model::Device& device, Offers& offers) {
  if (Status set = SetUnlessSo(directory.directory(), kAuthorized, "1"); !set.ok()) return set;
  const Result<std::vector<InterfaceName>> interfaces = InterfacesOf(directory, device);
  if (!interfaces.ok()) return interfaces.error();
  return LetIn(directory, interfaces.value(), offers);
}

Status UsbGate::LetInOnly(const UsbDeviceDirectory& directory, const model::Device& device,
                          const std::set<std::uint8_t>& numbers, Offers& offers) {
  // When the device is in already: what is not listed goes first.
  if (Status shut = ShutUnlisted(directory, numbers); !shut.ok()) return shut;
  if (Status set = SetUnlessSo(directory.directory(), kAuthorized, "1"); !set.ok()) return set;
  // They come up shut by the bus's default; read back all the same.
  if (Status shut = ShutUnlisted(directory, numbers); !shut.ok()) return shut;
  Result<std::vector<InterfaceName>> interfaces = InterfacesOf(directory, device);
  if (!interfaces.ok()) return interfaces.error();
  std::erase_if(interfaces.value(), [&](const InterfaceName& each) { return !numbers.contains(each.number); });
  return LetIn(directory, interfaces.value(), offers);
}

Status UsbGate::AdmitInterfaces(const model::Device& device, const std::set<std::uint8_t>& numbers) {
  const std::set<std::uint8_t> known = NumbersOf(device);
  if (numbers.empty() || !std::includes(known.begin(), known.end(), numbers.begin(), numbers.end()))
    return Error{ErrorCode::kInvalid, device.port_path, "interface numbers to admit that the device does not have"};
  if (Status begun = BeginOffers(device); !begun.ok()) return begun;
  Result<Judged> judged = OpenJudged(device);
  if (!judged.ok()) return judged.error();
  if (Status shut = ShutInterfaceDefault(device); !shut.ok()) return shut;
  if (Status seen = SeeThrough(judged.value(), device, numbers); !seen.ok()) return seen;
  UsbDeviceDirectory& directory = judged.value().directory;
  Offers offers;
  Status let_in = LetInOnly(directory, device, numbers, offers);
  if (!let_in.ok()) static_cast<void>(directory.directory().Set(kAuthorized, "0"));
  TellUdev(directory, let_in.ok() ? kLetIn : kShut);
  if (!let_in.ok()) return let_in;
  return offers_.Add(std::move(directory), device, std::move(offers), WatchFor(device, numbers));
}

Status UsbGate::FinishLettingIn(const model::Device& device) {
  Result<Judged> judged = OpenJudged(device);
  if (!judged.ok()) return judged.error();
  const Result<bool> closed = BarrierClosedFor(device);
  if (!closed.ok()) return closed.error();
  UsbDeviceDirectory& directory = judged.value().directory;
  const Result<std::vector<InterfaceName>> interfaces = directory.Interfaces();
  if (!interfaces.ok()) return interfaces.error();
  Offers unserved;
  std::set<std::uint8_t> let_in;
  for (const InterfaceName& interface : interfaces.value()) {
    const std::string entry = UsbDeviceDirectory::EntryOf(interface);
    const Result<std::string> authorized = directory.directory().Read(entry + "/authorized");
    if (!authorized.ok() || authorized.value() != "1") continue;
    let_in.insert(interface.number);
    const Result<std::string> driver = directory.DriverOf(interface);
    Result<std::string> class_code = directory.directory().Read(entry + "/bInterfaceClass");
    if (driver.ok() && driver.value().empty() && class_code.ok())
      unserved.push_back({entry, interface.number, std::move(class_code).value()});
  }
  if (unserved.empty()) return Status::Ok();
  const auto watch = closed.value() ? WatchFor(device, let_in) : DriverOffers::Watch::kNot;
  return offers_.Add(std::move(directory), device, std::move(unserved), watch);
}

Status UsbGate::Refuse(const model::Device& device) {
  if (IsRootHub(device.port_path))
    return Error{ErrorCode::kUnsupported, device.port_path, "a root hub is part of the machine and is never shut"};
  const Result<Judged> known = OpenKnown(device);
  if (!known.ok()) return known.error();
  const UsbDeviceDirectory& directory = known.value().directory;
  // The kernel lets nobody shut a device while a driver looks at it: at most at one interface then.
  offers_.Drop(device.port_path);
  Status shut = directory.directory().Set(kAuthorized, "0");
  TellUdev(directory, kShut);
  return shut;
}

}  // namespace sekimori::drivers
