// The source's contract on the fake, and on the real source over a tree of plain files with a bus played by the test.
#include <array>
#include <cstdio>
#include <utility>

#include "drivers/linux/usb_source.h"
#include "tests/contract/drivers/device_source_bench.h"
#include "tests/fakes/fake_device_source.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/fake_usb_bus.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::contract {
namespace {

std::string StickDescriptors() {
  return fakes::UsbDescriptors(0x0781, 0x5567).Configuration(1, {{0, fakes::kDisk}}).Blob();
}

class FakeBench final : public SourceBench {
 public:
  ports::DeviceSource& source() override { return source_; }
  void Plug(const std::string& port_path, std::uint32_t address) override {
    source_.Lose(port_path);
    source_.See(Stick(port_path, address, true));
  }
  void Unplug(const std::string& port_path) override { source_.Lose(port_path); }
  void SetAuthorized(const std::string& port_path, bool authorized) override {
    source_.See(Stick(port_path, 5, authorized));
  }
  void NotifyInVain(const std::string& port_path) override { source_.See(Stick(port_path, 5, true)); }
  void LoseNotices(const std::string&, const std::string& come) override {
    source_.LoseNotices({Stick(come, 6, true)});
  }

 private:
  static model::Observation Stick(const std::string& port_path, std::uint32_t address, bool authorized) {
    model::Observation seen;
    seen.device.port_path = port_path;
    seen.device.address = address;
    seen.admission.authorized = authorized;
    return seen;
  }
  fakes::FakeDeviceSource source_;
};

class TreeBench final : public SourceBench {
 public:
  TreeBench() {
    auto bus = std::make_unique<fakes::FakeUsbBus>();
    auto uevents = std::make_unique<fakes::FakeUeventFeed>();
    bus_ = bus.get();
    uevents_ = uevents.get();
    source_ = std::make_unique<drivers::UsbSource>(std::move(bus), std::move(uevents),
                                                   drivers::UsbPaths{tree_.root(), tree_.root() / "dev/bus/usb"});
  }
  ~TreeBench() override { source_->Stop(); }

  ports::DeviceSource& source() override { return *source_; }
  // Odd addresses are noticed by the kernel, even ones by libusb: either is enough.
  void Plug(const std::string& port_path, std::uint32_t address) override {
    Place(port_path, address);
    if (address % 2 == 1)
      Uevent("add", port_path);
    else
      bus_->Hotplug(port_path);
  }
  void Unplug(const std::string& port_path) override {
    tree_.Remove(port_path);
    Uevent("remove", port_path);
  }
  void SetAuthorized(const std::string& port_path, bool authorized) override {
    tree_.PutIn(port_path, "authorized", authorized ? "1\n" : "0\n");
    uevents_->Give({"unbind", "/devices/" + port_path + "/" + port_path + ":1.0", "usb", "usb_interface"});
  }
  void NotifyInVain(const std::string& port_path) override {
    Uevent("change", port_path);
    bus_->Hotplug(port_path);
  }
  void LoseNotices(const std::string& gone, const std::string& come) override {
    tree_.Remove(gone);
    Place(come, 6);
    uevents_->Lose("the kernel dropped notices (ENOBUFS)");
  }

 private:
  void Place(const std::string& port_path, std::uint32_t address) {
    tree_.Remove(port_path);
    if (tree_.GetFrom("usb1", "busnum").empty()) tree_.PutIn("usb1", "authorized_default", "1\n");
    tree_.AddDevice(port_path, address, StickDescriptors(), {0});
  }
  void Uevent(const std::string& action, const std::string& port_path) {
    uevents_->Give({action, "/devices/usb1/" + port_path, "usb", "usb_device"});
  }

  fakes::FakeSysfs tree_;
  fakes::FakeUsbBus* bus_ = nullptr;
  fakes::FakeUeventFeed* uevents_ = nullptr;
  std::unique_ptr<drivers::UsbSource> source_;
};

}  // namespace

std::vector<SourceMaker> SourceMakers() {
  return {{"Fake", [] { return std::make_unique<FakeBench>(); }},
          {"UsbSourceOnFiles", [] { return std::make_unique<TreeBench>(); }}};
}

}  // namespace sekimori::contract
