// The gate's contract on the fake, and on the real gate over a tree of plain files.
#include <array>
#include <span>
#include <utility>

#include "drivers/linux/usb_gate.h"
#include "drivers/portable/descriptors.h"
#include "tests/contract/drivers/device_gate_bench.h"
#include "tests/fakes/fake_device_gate.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::contract {
namespace {

constexpr const char* kPort = "1-1";
constexpr std::array<std::uint8_t, 2> kNumbers = {0, 1};

fakes::UsbDescriptors Combined(std::uint16_t product) {
  fakes::UsbDescriptors descriptors(0x046d, product);
  descriptors.Configuration(1, {{0, fakes::kKeyboard}, {1, fakes::kDisk}});
  return descriptors;
}

// Vendor, product and release of an enclosure that usb-storage takes whatever class it shows (unusual_devs.h).
fakes::UsbDescriptors InDisguise() {
  fakes::UsbDescriptors descriptors(0x05ab, 0x0060);
  descriptors.Release(0x1104).Configuration(1, {{0, {0x02, 0x02, 0x01}}, {1, {0x0a, 0, 0}}});
  return descriptors;
}

fakes::UsbDescriptors Hub() {
  fakes::UsbDescriptors descriptors(0x1d6b, 2);
  descriptors.Kind({model::kClassHub, 0, 1}).Configuration(1, {{0, {model::kClassHub, 0, 0}}});
  return descriptors;
}

model::Device Described(const std::string& port_path, std::uint32_t address, const std::string& blob) {
  model::Device device;
  device.port_path = port_path;
  device.address = address;
  device.root_hub = drivers::IsRootHub(port_path);
  device.complete = true;
  device.descriptor_hash = drivers::DescriptorHash(blob);
  for (const drivers::ParsedInterface& one : drivers::ParseDescriptors(std::as_bytes(std::span(blob))).interfaces)
    device.interfaces.push_back(one.interface);
  return device;
}

class FakeBench final : public GateBench {
 public:
  FakeBench() { gate_.Plug(Described("usb1", 1, Hub().Blob())); }
  ports::DeviceGate& gate() override { return gate_; }
  model::Device PlugKeyboardWithDisk() override {
    const model::Device device = Described(kPort, 5, Combined(1).Blob());
    gate_.Plug(device);
    return device;
  }
  model::Device PlugDisguisedDisk() override {
    const model::Device device = Described(kPort, 5, InDisguise().Blob());
    gate_.Plug(device);
    gate_.Disguise(kPort, 1, "interface 1 is a disk", /*known=*/true);
    return device;
  }
  void ReplaceDevice() override { gate_.Plug(Described(kPort, 6, Combined(1).Blob())); }
  void Unplug() override { gate_.Unplug(kPort); }
  model::Device AddController() override {
    const model::Device device = Described("usb2", 1, Hub().Blob());
    gate_.Plug(device);
    return device;
  }
  model::Admission Admitted() override { return gate_.AdmissionOf(kPort); }
  void OpenFromOutside() override { gate_.Tamper(kPort, {true, {0, 1}}); }

 private:
  fakes::FakeDeviceGate gate_;
};

class TreeBench final : public GateBench {
 public:
  TreeBench() : gate_(tree_.root(), tree_.Modules()) { tree_.AddRootHub("usb1", Hub().Blob()); }
  ports::DeviceGate& gate() override { return gate_; }
  model::Device PlugKeyboardWithDisk() override {
    tree_.AddDevice(kPort, 5, Combined(1).Blob(), {0, 1});
    return Described(kPort, 5, Combined(1).Blob());
  }
  model::Device PlugDisguisedDisk() override {
    tree_.AddDevice(kPort, 5, InDisguise().Blob(), {0, 1});
    return Described(kPort, 5, InDisguise().Blob());
  }
  void ReplaceDevice() override {
    Unplug();
    tree_.AddDevice(kPort, 6, Combined(1).Blob(), {0, 1});
  }
  void Unplug() override { tree_.Remove(kPort); }
  model::Device AddController() override {
    tree_.AddRootHub("usb2", Hub().Blob());
    return Described("usb2", 1, Hub().Blob());
  }
  model::Admission Admitted() override {
    model::Admission admission;
    admission.authorized = tree_.GetFrom(kPort, "authorized") == "1";
    for (const std::uint8_t number : kNumbers)
      if (admission.authorized && tree_.GetFrom(kPort, Entry(number)) == "1") admission.interfaces.insert(number);
    return admission;
  }
  void OpenFromOutside() override {
    tree_.PutIn(kPort, "authorized", "1\n");
    for (const std::uint8_t number : kNumbers)
      tree_.PutIn(kPort, Entry(number), "1\n");
  }

 private:
  static std::string Entry(std::uint8_t number) {
    return std::string(kPort) + ":1." + std::to_string(number) + "/authorized";
  }
  fakes::FakeSysfs tree_;
  drivers::UsbGate gate_;
};

}  // namespace

std::vector<GateMaker> GateMakers() {
  return {{"Fake", [] { return std::make_unique<FakeBench>(); }},
          {"UsbGateOnFiles", [] { return std::make_unique<TreeBench>(); }}};
}

}  // namespace sekimori::contract
