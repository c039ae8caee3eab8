#include "drivers/linux/storage_drivers.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

constexpr const char* kInSystem = "usb:v05ABp0060d1104dc00dsc00dp00ic03isc01ip01in00";

TEST(StorageDrivers, AreKnownByDriverAndByModule) {
  for (const char* name : {"usb-storage", "usb_storage", "uas", "ums-realtek", "ums_sddr09", "rtsx_usb", "vub300",
                           "microtek", "microtekX6", "gb_es2", "es2_ap_driver"})
    EXPECT_TRUE(IsStorageDriver(name)) << name;
  for (const char* name : {"usbhid", "hub", "usbfs", "umsx", "storage", "snd-usb-audio", ""})
    EXPECT_FALSE(IsStorageDriver(name)) << name;
}

TEST(StorageDrivers, NameOfAnInterfaceIsTheKernels) {
  const std::string blob = fakes::UsbDescriptors(0x05ab, 0x0060)
                               .Release(0x1104)
                               .Kind({0xef, 0x02, 0x01})
                               .Configuration(1, {{0, fakes::kKeyboard}, {10, {0x0b, 0, 0xff}}})
                               .Blob();
  const ParsedDescriptors parsed = ParseDescriptors(std::as_bytes(std::span(blob)));
  ASSERT_EQ(parsed.interfaces.size(), 2U);
  EXPECT_EQ(ModaliasOf(parsed, parsed.interfaces[1].interface), "usb:v05ABp0060d1104dcEFdsc02dp01ic0Bisc00ipFFin0A");
}

class StorageAliasesTest : public ::testing::Test {
 protected:
  // What the list says of the interface; "?" when it cannot tell.
  [[nodiscard]] std::string Taker(const std::string& modalias) const {
    const Result<std::string> taker = aliases_.TakerOf(modalias);
    if (taker.ok()) return taker.value();
    EXPECT_EQ(taker.error().code, ErrorCode::kUnavailable) << ToString(taker.error());
    return "?";
  }
  fakes::FakeSysfs tree_;
  const std::filesystem::path list_ = tree_.Modules() / "modules.alias";
  StorageAliases aliases_{tree_.Modules(), tree_.root()};
};

TEST_F(StorageAliasesTest, TakesByNumbersWhateverTheClass) {
  EXPECT_EQ(Taker(kInSystem), "usb_storage");
  EXPECT_EQ(Taker("usb:v05ABp0060d1109dc00dsc00dp00icFFisc00ip00in01"), "usb_storage");
  EXPECT_EQ(Taker("usb:v0BDAp0129d3960dcFFdscFFdpFFic03isc01ip01in00"), "rtsx_usb");
  EXPECT_EQ(Taker("usb:v1234p5678d0100dc00dsc00dp00ic08isc06ip50in00"), "usb_storage");
}

TEST_F(StorageAliasesTest, LeavesEverythingElse) {
  EXPECT_EQ(Taker("usb:v05ABp0061d1104dc00dsc00dp00ic03isc01ip01in00"), "") << "another product";
  EXPECT_EQ(Taker("usb:v046DpC31Cd6402dc00dsc00dp00ic03isc01ip01in00"), "") << "taken by usbhid alone";
}

// The kernel compares numbers: 110A is between 1104 and 1110, which the list tells by decimal digits.
TEST_F(StorageAliasesTest, EveryReleaseCounts) {
  for (const std::string release : {"1104", "110A", "110F", "0001", "FFFF"})
    EXPECT_EQ(Taker("usb:v05ABp0060d" + release + "dc00dsc00dp00ic0Bisc00ip00in00"), "usb_storage") << release;
}

TEST_F(StorageAliasesTest, ListThatWasNeverReadCannotTell) {
  std::filesystem::remove(list_);
  EXPECT_EQ(Taker(kInSystem), "?");
}

TEST_F(StorageAliasesTest, ListThatWasReadServesWhenItIsGone) {
  EXPECT_EQ(Taker(kInSystem), "usb_storage");
  std::filesystem::remove(list_);
  EXPECT_EQ(Taker(kInSystem), "usb_storage");
}

TEST_F(StorageAliasesTest, ListThatChangedIsReadAgain) {
  const std::string camera = "usb:v2222p3333d0001dc00dsc00dp00ic06isc01ip01in00";
  EXPECT_EQ(Taker(camera), "");
  const auto before = std::filesystem::last_write_time(list_);
  tree_.Put("lib/modules/modules.alias", "alias usb:v2222p3333d*dc*dsc*dp*ic*isc*ip*in* ums_camera\n");
  std::filesystem::last_write_time(list_, before + std::chrono::seconds{1});
  EXPECT_EQ(Taker(camera), "ums_camera");
}

TEST_F(StorageAliasesTest, DriverTheListDoesNotKnowMakesItUseless) {
  tree_.AddDriver("usbhid");
  tree_.AddDriver("usb-storage");
  EXPECT_EQ(Taker(kInSystem), "usb_storage");
  tree_.AddDriver("ums-sddr09");
  EXPECT_EQ(Taker("usb:v046DpC31Cd6402dc00dsc00dp00ic03isc01ip01in00"), "?")
      << "a driver that is part of the kernel is in no list";
  EXPECT_EQ(Taker(kInSystem), "usb_storage") << "what it does know stands";
}

TEST_F(StorageAliasesTest, ListWithoutAnyStorageDriverIsAKernelWithoutOne) {
  tree_.Put("lib/modules/modules.alias", "alias usb:v*p*d*dc*dsc*dp*ic03isc*ip*in* usbhid\n");
  EXPECT_EQ(Taker(kInSystem), "");
}

}  // namespace
}  // namespace sekimori::drivers
