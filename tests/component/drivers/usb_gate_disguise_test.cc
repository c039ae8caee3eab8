// Which driver gets what the gate lets in, and disks in disguise: drivers/linux/disguise.h through the gate.
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/linux/usb_gate.h"
#include "drivers/portable/descriptors.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr model::InterfaceClass kReader{0x0b, 0, 0};
constexpr model::InterfaceClass kVendorsOwn{0xff, 0, 0};
constexpr int kBulk = 2;

class UsbGateDisguise : public ::testing::Test {
 protected:
  UsbGateDisguise() {
    tree_.AddRootHub("usb1", fakes::UsbDescriptors(0x1d6b, 2).Configuration(1, {{0, {9, 0, 0}}}).Blob());
    tree_.Put("module/usbcore/parameters/authorized_default", "0\n");
    for (const char* attribute : {"authorized_default", "interface_authorized_default"})
      tree_.PutIn("usb1", attribute, "0\n");
  }
  // An enclosure that usb-storage takes by its numbers alone.
  static fakes::UsbDescriptors InSystem() {
    fakes::UsbDescriptors descriptors(0x05ab, 0x0060);
    descriptors.Release(0x1104);
    return descriptors;
  }
  model::Device Plug(const fakes::UsbDescriptors& descriptors) {
    const std::string blob = descriptors.Blob();
    model::Device device;
    std::set<int> numbers;
    for (const ParsedInterface& one : ParseDescriptors(std::as_bytes(std::span(blob))).interfaces) {
      device.interfaces.push_back(one.interface);
      if (one.interface.configuration == 1) numbers.insert(one.interface.number);
    }
    tree_.AddDevice("1-1", 5, blob, numbers);
    device.port_path = "1-1";
    device.address = 5;
    device.complete = true;
    device.descriptor_hash = DescriptorHash(blob);
    return device;
  }
  model::Device Plug(model::InterfaceClass kind) { return Plug(fakes::UsbDescriptors().Configuration(1, {{0, kind}})); }
  [[nodiscard]] bool Open() const { return tree_.GetFrom("1-1", "authorized") == "1"; }
  [[nodiscard]] std::string Bound(const std::string& driver) {
    gate_.FinishOffers();
    return tree_.Get(std::filesystem::path("bus/usb/drivers") / driver / "bind");
  }
  [[nodiscard]] std::string Offered() {
    gate_.FinishOffers();
    return tree_.Get("bus/usb/drivers_probe");
  }
  // The error of letting it in, which must leave it shut.
  std::optional<Error> Refused(const model::Device& device) {
    const Status admitted = gate_.AdmitDevice(device);
    EXPECT_FALSE(admitted.ok());
    EXPECT_FALSE(Open());
    return admitted.ok() ? std::nullopt : std::optional(admitted.error());
  }

  fakes::FakeSysfs tree_;
  UsbGate gate_{tree_.root(), tree_.Modules()};
};

TEST_F(UsbGateDisguise, HidGoesToUsbhidByName) {
  tree_.AddDriver("usb-storage");
  tree_.AddDriver("usbhid");
  ASSERT_TRUE(gate_.AdmitDevice(Plug(fakes::kKeyboard)).ok());
  EXPECT_EQ(Bound("usbhid"), "1-1:1.0");
  EXPECT_EQ(Offered(), "") << "offered to every driver there is";
}

TEST_F(UsbGateDisguise, HubGoesToTheHubDriverByName) {
  tree_.AddDriver("hub");
  ASSERT_TRUE(gate_.AdmitDevice(Plug({9, 0, 0})).ok());
  EXPECT_EQ(Bound("hub"), "1-1:1.0");
  EXPECT_EQ(Offered(), "");
}

TEST_F(UsbGateDisguise, OtherClassesAreOfferedToAll) {
  tree_.AddDriver("usbhid");
  ASSERT_TRUE(gate_.AdmitDevice(Plug(kReader)).ok());
  EXPECT_EQ(Offered(), "1-1:1.0");
  EXPECT_EQ(Bound("usbhid"), "");
}

TEST_F(UsbGateDisguise, HidWaitsForUsbhidToBeLoaded) {
  ASSERT_TRUE(gate_.AdmitDevice(Plug(fakes::kKeyboard)).ok());
  EXPECT_EQ(tree_.GetFrom("1-1", "1-1:1.0/authorized"), "1") << "so that it is taken once usbhid comes";
  EXPECT_EQ(Offered(), "");
}

TEST_F(UsbGateDisguise, DriverThatIsJustComingIsNotMissed) {
  std::filesystem::create_directories(tree_.Drivers() / "usbhid");
  ASSERT_TRUE(gate_.AdmitDevice(Plug(fakes::kKeyboard)).ok());
  EXPECT_EQ(Offered(), "1-1:1.0") << "it may have passed over the interface while that was shut";
}

TEST_F(UsbGateDisguise, WhatUsbhidLeavesGoesToItsOwnDriver) {
  // A folder in the file's place: the write fails, as the kernel's answer does.
  std::filesystem::create_directories(tree_.Drivers() / "usbhid/bind");
  tree_.AddDriver("appletouch");
  ASSERT_TRUE(gate_.AdmitDevice(Plug(fakes::kMouse)).ok());
  EXPECT_EQ(Bound("appletouch"), "1-1:1.0");
  EXPECT_EQ(Offered(), "");
}

TEST_F(UsbGateDisguise, HidWithEndpointsOfAnotherKindIsNotLetIn) {
  for (const int transfer : {kBulk, 1}) {
    const model::Device device =
        Plug(fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}, {1, fakes::kMouse, 0, 0, transfer}}));
    const std::optional<Error> refused = Refused(device);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::kUntrusted);
    EXPECT_EQ(refused->where, "1-1");
    EXPECT_THAT(refused->detail, AllOf(HasSubstr("interface 1"), HasSubstr("03:01:02")));
    EXPECT_TRUE(gate_.AdmitInterfaces(device, {0}).ok()) << "the part that is what it says";
    tree_.Remove("1-1");
  }
}

TEST_F(UsbGateDisguise, EveryAlternateSettingIsLookedAt) {
  const std::optional<Error> refused = Refused(
      Plug(fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}, {0, fakes::kKeyboard, 1, 0, kBulk}})));
  EXPECT_EQ(refused->code, ErrorCode::kUntrusted);
}

TEST_F(UsbGateDisguise, EveryConfigurationIsLookedAt) {
  const std::optional<Error> refused =
      Refused(Plug(InSystem().Configuration(1, {{0, fakes::kKeyboard}}).Configuration(2, {{0, kVendorsOwn}})));
  EXPECT_EQ(refused->code, ErrorCode::kUntrusted);
}

TEST_F(UsbGateDisguise, WhatAStorageDriverWouldTakeIsNotLetIn) {
  for (const model::InterfaceClass& kind :
       {kReader, kVendorsOwn, fakes::kKeyboard, model::InterfaceClass{0x01, 3, 0}}) {
    const model::Device device = Plug(InSystem().Configuration(1, {{0, kind}}));
    const std::optional<Error> refused = Refused(device);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::kUntrusted);
    EXPECT_THAT(refused->detail, AllOf(HasSubstr("usb_storage"), HasSubstr("interface 0")));
    EXPECT_EQ(gate_.AdmitInterfaces(device, {0}).error().code, ErrorCode::kUntrusted);
    EXPECT_FALSE(Open());
    tree_.Remove("1-1");
  }
}

TEST_F(UsbGateDisguise, BesideWhatSaysStorageThereIsNoDisguise) {
  const model::Device device = Plug(InSystem().Configuration(1, {{0, fakes::kKeyboard}, {1, fakes::kDisk}}));
  EXPECT_EQ(gate_.AdmitInterfaces(device, {0}).error().code, ErrorCode::kUntrusted) << "the disk is not let in with it";
  EXPECT_FALSE(Open());
  EXPECT_TRUE(gate_.AdmitDevice(device).ok()) << "storage is let in";
}

TEST_F(UsbGateDisguise, WithoutTheListOnlyInputAndStorageAreLetIn) {
  std::filesystem::remove(tree_.Modules() / "modules.alias");
  const std::optional<Error> refused = Refused(Plug(kReader));
  EXPECT_EQ(refused->code, ErrorCode::kUnavailable);
  for (const model::InterfaceClass& kind : {fakes::kKeyboard, model::InterfaceClass{9, 0, 0}, fakes::kDisk}) {
    tree_.Remove("1-1");
    const Status admitted = gate_.AdmitDevice(Plug(kind));
    EXPECT_TRUE(admitted.ok()) << ToString(admitted.error());
    EXPECT_TRUE(Open());
  }
}

TEST_F(UsbGateDisguise, WhatIsInAndCannotBeToldIsAnError) {
  const model::Device device = Plug(kReader);
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  UsbGate fresh(tree_.root(), tree_.root() / "lib/other-modules");
  EXPECT_EQ(fresh.ReadAdmission(device).error().code, ErrorCode::kUnavailable);
}

TEST_F(UsbGateDisguise, ServingDriverIsToldByName) {
  const model::Device device = Plug(kReader);
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  tree_.Serve("1-1:1.0", "usbfs");
  EXPECT_THAT(gate_.ReadAdmission(device).value().disguised, IsEmpty());
  tree_.Serve("1-1:1.0", "usb-storage");
  const model::Admission admission = gate_.ReadAdmission(device).value();
  ASSERT_TRUE(admission.disguised.contains(0));
  EXPECT_THAT(admission.disguised.at(0),
              AllOf(HasSubstr("usb-storage"), HasSubstr("interface 0"), HasSubstr("0b:00:00")));
}

TEST_F(UsbGateDisguise, WhatAStorageDriverTakesWhenItIsOfferedIsShutAndNotLetInAgain) {
  const model::Device device = Plug(kReader);
  tree_.Serve("1-1:1.0", "usb-storage");
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  gate_.FinishOffers();
  EXPECT_FALSE(Open());
  EXPECT_THAT(gate_.ReadAdmission(device).value().disguised.at(0), HasSubstr("usb-storage"));
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(gate_.AdmitInterfaces(device, {0}).error().code, ErrorCode::kUntrusted);
  EXPECT_FALSE(Open());
}

TEST_F(UsbGateDisguise, AtLowSpeedBulkEndpointsAreInterruptEndpoints) {
  const model::Device device = Plug(fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard, 0, 0, kBulk}}));
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kUntrusted);
  tree_.PutIn("1-1", "speed", "1.5\n");
  EXPECT_TRUE(gate_.AdmitDevice(device).ok());
}

TEST_F(UsbGateDisguise, DriverServingStorageIsNone) {
  const model::Device device = Plug(fakes::kDisk);
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  tree_.Serve("1-1:1.0", "usb-storage");
  EXPECT_THAT(gate_.ReadAdmission(device).value().disguised, IsEmpty());
}

}  // namespace
}  // namespace sekimori::drivers
