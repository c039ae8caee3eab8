// Each verdict is told to udev, so that the device's node under /dev/bus/usb follows it (packaging/udev).
#include <span>

#include <gtest/gtest.h>

#include "drivers/linux/usb_gate.h"
#include "drivers/portable/descriptors.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

class UsbNode : public ::testing::Test {
 protected:
  UsbNode() : gate_(tree_.root(), tree_.Modules()) {
    fakes::UsbDescriptors hub(0x1d6b, 2);
    hub.Kind({model::kClassHub, 0, 1}).Configuration(1, {{0, {model::kClassHub, 0, 0}}});
    tree_.AddRootHub("usb1", hub.Blob());
    fakes::UsbDescriptors stick(0x0951, 0x1666);
    stick.Configuration(1, {{0, fakes::kDisk}});
    tree_.AddDevice("1-1", 5, stick.Blob(), {0});
    tree_.PutIn("1-1", "uevent", "");
    device_.port_path = "1-1";
    device_.address = 5;
    device_.complete = true;
    const std::string blob = stick.Blob();
    device_.descriptor_hash = DescriptorHash(blob);
    for (const ParsedInterface& one : ParseDescriptors(std::as_bytes(std::span(blob))).interfaces)
      device_.interfaces.push_back(one.interface);
  }

  fakes::FakeSysfs tree_;
  UsbGate gate_;
  model::Device device_;
};

TEST_F(UsbNode, FollowsAnAdmission) {
  ASSERT_TRUE(gate_.AdmitDevice(device_).ok());
  EXPECT_EQ(tree_.GetFrom("1-1", "uevent"), "add");
}

TEST_F(UsbNode, FollowsAnAdmissionInPart) {
  ASSERT_TRUE(gate_.AdmitInterfaces(device_, {0}).ok());
  EXPECT_EQ(tree_.GetFrom("1-1", "uevent"), "add");
}

TEST_F(UsbNode, FollowsARefusal) {
  ASSERT_TRUE(gate_.Refuse(device_).ok());
  EXPECT_EQ(tree_.GetFrom("1-1", "uevent"), "change");
}

}  // namespace
}  // namespace sekimori::drivers
