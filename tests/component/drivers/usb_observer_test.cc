#include "drivers/linux/usb_observer.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "drivers/linux/usb_device_directory.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/fake_usb_bus.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

class UsbObserver : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.AddRootHub("usb1", Hub());
    tree_.AddDevice("1-2", 7, Disk(), {0});
    PlaceNode("1-2", 1, 7);
  }
  static std::string Hub() {
    return fakes::UsbDescriptors(0x1d6b, 2).Kind({9, 0, 1}).Configuration(1, {{0, {9, 0, 0}}}).Blob();
  }
  static std::string Disk() {
    return fakes::UsbDescriptors(0x0781, 0x5567).Strings(1, 2, 3).Configuration(1, {{0, fakes::kDisk}}).Blob();
  }
  // A node for the device: a link to a character device that is there anyway, as the kernel's own would be.
  void PlaceNode(const std::string& port_path, int bus, int address) {
    char name[16];
    std::snprintf(name, sizeof name, "%03d/%03d", bus, address);
    const std::filesystem::path node = paths_.device_nodes / name;
    std::filesystem::create_directories(node.parent_path());
    std::filesystem::remove(node);
    ASSERT_EQ(::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0) << "making a device node needs root";
    tree_.PutIn(port_path, "dev", "1:3\n");
  }
  Result<UsbLook> Look(const model::Observation* before = nullptr, Ask ask = Ask::kStrings) {
    return ObserveUsbDevice(bus_, paths_, "1-2", before, ask);
  }
  Result<model::Observation> Observe(const model::Observation* before = nullptr, Ask ask = Ask::kStrings) {
    Result<UsbLook> look = Look(before, ask);
    if (!look.ok()) return look.error();
    return std::move(look.value().seen);
  }

  fakes::FakeSysfs tree_;
  fakes::FakeUsbBus bus_;
  UsbPaths paths_{tree_.root(), tree_.root() / "dev/bus/usb"};
};

TEST_F(UsbObserver, TellsEverythingTheDeviceSays) {
  const Result<model::Observation> seen = Observe();
  ASSERT_TRUE(seen.ok()) << ToString(seen.error());
  const model::Device& device = seen.value().device;
  EXPECT_EQ(device.port_path, "1-2");
  EXPECT_EQ(device.parent, "usb1");
  EXPECT_EQ(device.address, 7U);
  EXPECT_EQ(device.vendor, 0x0781);
  EXPECT_EQ(device.product, 0x5567);
  EXPECT_EQ(device.manufacturer, "Maker");
  EXPECT_EQ(device.product_name, "Thing");
  EXPECT_EQ(device.serial, "S1");
  EXPECT_EQ(device.speed, model::Speed::kHigh);
  EXPECT_EQ(device.active_configuration, 1);
  ASSERT_EQ(device.interfaces.size(), 1U);
  EXPECT_EQ(device.interfaces[0].kind, fakes::kDisk);
  EXPECT_EQ(device.descriptor_hash, DescriptorHash(Disk()));
  EXPECT_FALSE(device.root_hub);
  EXPECT_TRUE(device.complete);
  EXPECT_EQ(seen.value().admission, (model::Admission{true, {0}}));
}

TEST_F(UsbObserver, KnowsARootHub) {
  const Result<UsbLook> look = ObserveUsbDevice(bus_, paths_, "usb1", nullptr, Ask::kStrings);
  ASSERT_TRUE(look.ok());
  EXPECT_TRUE(look.value().seen.device.root_hub);
  EXPECT_EQ(look.value().seen.device.parent, "");
  EXPECT_EQ(look.value().seen.admission, (model::Admission{true, {0}}));
}

TEST_F(UsbObserver, ADeviceThatCannotBeLookedAtHasNotLeft) {
  tree_.Remove("1-2");
  std::filesystem::create_directory_symlink("1-2", tree_.Devices() / "1-2");  // opening it fails: ELOOP
  EXPECT_EQ(Observe().error().code, ErrorCode::kIo);
}

TEST_F(UsbObserver, NoDeviceIsNotFound) {
  tree_.Remove("1-2");
  EXPECT_EQ(Observe().error().code, ErrorCode::kNotFound);
}

TEST_F(UsbObserver, DeviceThatLeavesWhileReadIsNotFound) {
  bus_.Answer(Error{ErrorCode::kNotFound, "libusb", "left"});
  EXPECT_EQ(Observe().error().code, ErrorCode::kNotFound);
}

TEST_F(UsbObserver, BrokenDescriptorsAreIncompleteWithTheirHash) {
  const std::string cut = Disk().substr(0, 30);
  tree_.PutIn("1-2", "descriptors", cut);
  const Result<model::Observation> seen = Observe();
  ASSERT_TRUE(seen.ok());
  EXPECT_FALSE(seen.value().device.complete);
  EXPECT_EQ(seen.value().device.descriptor_hash, DescriptorHash(cut));
}

TEST_F(UsbObserver, DisagreementOfBothReadingsIsIncomplete) {
  bus_.Answer(UsbIdentity{"Maker", "Thing", "S1", {}, /*descriptors_agree=*/false});
  EXPECT_FALSE(Observe().value().device.complete);
}

TEST_F(UsbObserver, DescriptorsLibusbCannotReadAreIncomplete) {
  bus_.Answer(Error{ErrorCode::kCorrupt, "libusb", "Input/Output Error"});
  EXPECT_FALSE(Observe().value().device.complete);
}

TEST_F(UsbObserver, RefusedStringsAreEmptyAndNoFault) {
  bus_.Answer(UsbIdentity{"", "", "", {}, true});
  const Result<model::Observation> seen = Observe();
  EXPECT_TRUE(seen.value().device.complete);
  EXPECT_EQ(seen.value().device.serial, "");
}

TEST_F(UsbObserver, NodeOfAnotherDeviceIsNotAsked) {
  tree_.PutIn("1-2", "dev", "189:6\n");
  const Result<model::Observation> seen = Observe();
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(bus_.identities_read(), 0);
  EXPECT_EQ(seen.value().device.serial, "");
  EXPECT_FALSE(seen.value().device.complete);
}

TEST_F(UsbObserver, DeviceThatCannotBeAskedIsIncomplete) {
  std::filesystem::remove(paths_.device_nodes / "001/007");
  const Result<model::Observation> seen = Observe();
  ASSERT_TRUE(seen.ok());
  EXPECT_FALSE(seen.value().device.complete);
}

TEST_F(UsbObserver, SecondLookLeavesTheDeviceAlone) {
  const model::Observation first = Observe().value();
  const Result<model::Observation> second = Observe(&first, Ask::kNothing);
  EXPECT_EQ(second.value(), first);
  EXPECT_EQ(bus_.identities_read(), 1);
}

TEST_F(UsbObserver, SecondLookSeesAnAdmissionChanged) {
  const model::Observation first = Observe().value();
  tree_.PutIn("1-2", "1-2:1.0/authorized", "0\n");
  EXPECT_EQ(Observe(&first, Ask::kNothing).value().admission, (model::Admission{true, {}}));
  tree_.PutIn("1-2", "authorized", "0\n");
  EXPECT_EQ(Observe(&first, Ask::kNothing).value().admission, model::Admission{});
}

TEST_F(UsbObserver, SecondLookSeesAStorageDriverOnWhatSaysSomethingElse) {
  tree_.AddDevice("1-2", 7, fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob(), {0});
  const model::Observation first = Observe().value();
  EXPECT_TRUE(first.admission.disguised.empty());
  tree_.Serve("1-2:1.0", "usb-storage");
  const model::Observation second = Observe(&first, Ask::kNothing).value();
  ASSERT_EQ(second.admission.disguised.size(), 1U);
  EXPECT_EQ(second.admission.disguised.at(0),
            "interface 0 says class 03:01:01, but the storage driver usb-storage serves it");
}

TEST_F(UsbObserver, AnotherConnectionIsReadAfresh) {
  const model::Observation first = Observe().value();
  tree_.PutIn("1-2", "devnum", "8\n");
  PlaceNode("1-2", 1, 8);
  bus_.Answer(UsbIdentity{"", "", "S2", {}, true});
  const Result<model::Observation> second = Observe(&first, Ask::kNothing);
  EXPECT_EQ(second.value().device.serial, "S2");
  EXPECT_EQ(second.value().device.manufacturer, "") << "nothing is carried over from the device before";
}

TEST_F(UsbObserver, OtherDescriptorsAreReadAfresh) {
  const model::Observation first = Observe().value();
  tree_.PutIn("1-2", "descriptors", fakes::UsbDescriptors(1, 2).Configuration(1, {{0, fakes::kKeyboard}}).Blob());
  bus_.Answer(UsbIdentity{"", "", "S2", {}, true});
  EXPECT_EQ(Observe(&first, Ask::kNothing).value().device.serial, "S2");
}

TEST_F(UsbObserver, BusyDeviceKeepsTheStringsItGaveBefore) {
  const model::Observation first = Observe().value();
  bus_.Answer(UsbIdentity{"", "", "", {}, true});
  EXPECT_EQ(Observe(&first, Ask::kStrings).value(), first);
}

UsbIdentity Silence() {
  UsbIdentity identity{"", "", "", {}, true};
  identity.unanswered = true;
  return identity;
}

TEST_F(UsbObserver, ADeviceThatDidNotAnswerIsNotYetReadWhole) {
  bus_.Answer(Silence());
  const Result<UsbLook> first = Look();
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first.value().asked && first.value().silent);
  EXPECT_FALSE(first.value().seen.device.complete);
  bus_.Answer(UsbIdentity{"Maker", "Thing", "S1", {}, true});
  const Result<UsbLook> second = Look(&first.value().seen);
  EXPECT_FALSE(second.value().silent);
  EXPECT_TRUE(second.value().seen.device.complete);
  EXPECT_EQ(second.value().seen.device.serial, "S1");
}

TEST_F(UsbObserver, ADeviceThatNeverAnswersIsTakenAsItIsInTheEnd) {
  bus_.Answer(Silence());
  const model::Observation first = Observe().value();
  const Result<UsbLook> last = Look(&first, Ask::kLastTime);
  EXPECT_TRUE(last.value().silent);
  EXPECT_TRUE(last.value().seen.device.complete);
}

TEST_F(UsbObserver, ABusyDeviceThatAnsweredBeforeIsNotSilent) {
  const model::Observation first = Observe().value();
  bus_.Answer(Silence());
  const Result<UsbLook> second = Look(&first);
  EXPECT_FALSE(second.value().silent);
  EXPECT_EQ(second.value().seen, first);
}

TEST_F(UsbObserver, FaultOfTheFirstLookIsNotForgotten) {
  bus_.Answer(UsbIdentity{"Maker", "Thing", "S1", {}, /*descriptors_agree=*/false});
  const model::Observation first = Observe().value();
  EXPECT_FALSE(Observe(&first, Ask::kNothing).value().device.complete);
}

TEST_F(UsbObserver, UnconfiguredDeviceHasConfigurationZero) {
  tree_.Unconfigure("1-2");
  const Result<model::Observation> seen = Observe();
  EXPECT_EQ(seen.value().device.active_configuration, 0);
  EXPECT_TRUE(seen.value().admission.interfaces.empty());
}

}  // namespace
}  // namespace sekimori::drivers
