// The gate by Linux USB authorization, in sysfs. Every write is read back. Deciding thread only. Req: R02
// Source: Linux, Documentation/usb/authorization.rst; drivers/usb/core/{hcd,hub,message,sysfs}.c.
// Two kernel facts shape it. A root hub's defaults hold for its own bus only: a controller that comes later starts from
// usbcore's module parameter, so that is set too. And there is no such parameter for interfaces: a bus that came later
// lets in every interface of a device that is let in, so each admission first sees to the default of its own bus.
// Nor does the kernel ask what an interface says it is: drivers/linux/disguise.h does, before anything is let in.
// Drivers come afterwards, by threads of drivers/linux/driver_offers.h: letting in waits for no driver.
#pragma once

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/ports/device_gate.h"
#include "drivers/linux/driver_offers.h"
#include "drivers/linux/storage_drivers.h"
#include "drivers/linux/usb_device_directory.h"

namespace sekimori::drivers {

class UsbGate final : public ports::DeviceGate {
 public:
  // "/sys", or a tree built like it, and where the running kernel's modules are.
  explicit UsbGate(std::filesystem::path sysfs_root, const std::filesystem::path& modules = ModulesOfRunningKernel())
      : root_(std::move(sysfs_root)), aliases_(modules, root_), offers_(root_) {}

  // kUnsupported: this system has no USB to shut (usbcore is not there). On any other error as much as possible is
  // shut, and the first error is told.
  [[nodiscard]] Status CloseBarrier() override;
  [[nodiscard]] Status OpenBarrier() override;
  // Gaps: "usbcore.authorized_default=-1", "usb2.authorized_default=1", and "usb2.interface_authorized_default=1" where
  // a device is let in already and could bring up further interfaces unjudged.
  [[nodiscard]] Result<ports::BarrierState> ReadBarrier() const override;
  // kUnavailable: whether it is a disk in disguise cannot be told.
  [[nodiscard]] Result<model::Admission> ReadAdmission(const model::Device& device) const override;

  // kUnavailable: the device is let in, but the kernel chose no configuration for it (too little power on its port); or
  // whether it is a disk in disguise cannot be told, and nothing is let in.
  [[nodiscard]] Status AdmitDevice(const model::Device& device) override;
  // kInvalid: no numbers, or one that no configuration of the device has. If an interface cannot be shut, the whole
  // device is shut and the error told.
  [[nodiscard]] Status AdmitInterfaces(const model::Device& device, const std::set<std::uint8_t>& numbers) override;
  // kUnsupported for a root hub: it is a part of the machine, and shutting it would take its whole bus along. A device
  // that could not be read whole is known by its address alone, so that it can be shut.
  [[nodiscard]] Status Refuse(const model::Device& device) override;

  [[nodiscard]] Status FinishLettingIn(const model::Device& device) override;

  // Until what was let in has been offered to its drivers; not longer than Finish waits. Any thread.
  void FinishOffers(std::chrono::milliseconds at_most = std::chrono::minutes{1}) { offers_.Finish(at_most); }

 private:
  [[nodiscard]] Status SetBarrier(bool closed);
  // The device itself, seen to be the very one that was judged, and the descriptors that show it.
  struct Judged {
    UsbDeviceDirectory directory;
    ParsedDescriptors descriptors;
  };
  [[nodiscard]] Result<Judged> OpenJudged(const model::Device& device) const;
  // The same; one that could not be read whole by its address alone, without descriptors.
  [[nodiscard]] Result<Judged> OpenKnown(const model::Device& device) const;
  // By its address alone.
  [[nodiscard]] Result<UsbDeviceDirectory> OpenAddressed(const model::Device& device) const;
  [[nodiscard]] Status ShutInterfaceDefault(const model::Device& device) const;
  [[nodiscard]] Result<bool> BarrierClosedFor(const model::Device& device) const;
  // kUntrusted: one of these interfaces is a disk in disguise.
  [[nodiscard]] Status SeeThrough(const Judged& judged, const model::Device& device,
                                  const std::set<std::uint8_t>& numbers) const;
  [[nodiscard]] Status BeginOffers(const model::Device& device);
  // These three add what is to be offered to drivers to `offers`.
  using Offers = std::vector<OfferedInterface>;
  [[nodiscard]] static Status LetIn(const UsbDeviceDirectory& directory, const std::vector<InterfaceName>& interfaces,
                                    Offers& offers);
  [[nodiscard]] static Status LetInWhole(const UsbDeviceDirectory& directory, const model::Device& device,
                                         Offers& offers);
  [[nodiscard]] static Status LetInOnly(const UsbDeviceDirectory& directory, const model::Device& device,
                                        const std::set<std::uint8_t>& numbers, Offers& offers);
  [[nodiscard]] Result<bool> AnyDeviceIn(const std::string& root_hub) const;

  std::filesystem::path root_;
  StorageAliases aliases_;
  DriverOffers offers_;
};

}  // namespace sekimori::drivers
