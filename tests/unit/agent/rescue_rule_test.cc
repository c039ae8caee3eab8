#include "agent/rescue_rule.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/policy/samples.h"

namespace sekimori::agent {
namespace {

using namespace policy::samples;

model::Baseline AdoptedAtInstallation(const model::Device& device) {
  return {{.vendor = device.vendor,
           .product = device.product,
           .serial = device.serial,
           .interfaces = model::InterfaceClasses(device),
           .kind = device.kind,
           .product_name = device.product_name}};
}

struct Case {
  std::string name;
  model::Device device;
  bool rescued = false;
};

class AdoptedDevices : public ::testing::TestWithParam<Case> {};

TEST_P(AdoptedDevices, AreRescuedWhenTheyAreNothingButInput) {
  const Case& one = GetParam();
  EXPECT_EQ(IsRescued(AdoptedAtInstallation(one.device), one.device), one.rescued);
}

model::Device Incomplete() {
  model::Device keyboard = Keyboard();
  keyboard.complete = false;
  return keyboard;
}
model::Device RootHub() {
  model::Device hub = Hub();
  hub.root_hub = true;
  return hub;
}

INSTANTIATE_TEST_SUITE_P(
    IsRescued, AdoptedDevices,
    ::testing::Values(Case{"Keyboard", Keyboard(), true}, Case{"Mouse", DeviceOf({kMouse}), true},
                      Case{"Hub", Hub(), true}, Case{"KeyboardWithHub", DeviceOf({kKeyboard, kHub}), true},
                      Case{"KeyboardThatIsAlsoADisk", KeyboardWithDisk(), false}, Case{"Disk", Stick(), false},
                      // Adopted, but nobody needs it to sit down and look.
                      Case{"CardReader", DeviceOf({kCardReader}), false},
                      Case{"KeyboardWithCardReader", DeviceOf({kKeyboard, kCardReader}), false},
                      Case{"NotReadWhole", Incomplete(), false}, Case{"WithoutInterfaces", DeviceOf({}), false},
                      // Is open always; letting it in is not ours.
                      Case{"RootHub", RootHub(), false}),
    [](const auto& one) { return one.param.name; });

TEST(IsRescued, LeavesOutAKeyboardNobodyAdopted) {
  EXPECT_FALSE(IsRescued({}, Keyboard()));
  model::Device another = Keyboard();
  another.serial = "OTHER";
  EXPECT_FALSE(IsRescued(AdoptedAtInstallation(Keyboard()), another));
}

TEST(IsRescued, LeavesOutAnAdoptedKeyboardThatComesBackWithADisk) {
  EXPECT_FALSE(IsRescued(AdoptedAtInstallation(Keyboard()), KeyboardWithDisk()));
}

}  // namespace
}  // namespace sekimori::agent
