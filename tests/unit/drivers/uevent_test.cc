#include "drivers/linux/uevent.h"

#include <span>
#include <string>

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

Result<Uevent> Parse(const std::string& datagram) {
  return ParseUevent(std::as_bytes(std::span(datagram)));
}

// Lines with '|' for NUL.
std::string Datagram(std::string text) {
  for (char& letter : text)
    if (letter == '|') letter = '\0';
  return text;
}

const std::string kAdd = Datagram(
    "add@/devices/pci0/usb1/1-1|ACTION=add|DEVPATH=/devices/pci0/usb1/1-1|SUBSYSTEM=usb|DEVTYPE=usb_device|BUSNUM=001|"
    "EMPTY=|SEQNUM=1234|");

TEST(ParseUevent, ReadsWhatTheKernelSends) {
  const Result<Uevent> uevent = Parse(kAdd);
  ASSERT_TRUE(uevent.ok()) << ToString(uevent.error());
  EXPECT_EQ(uevent.value(), (Uevent{"add", "/devices/pci0/usb1/1-1", "usb", "usb_device"}));
}

struct Bad {
  const char* name;
  std::string datagram;
};

const Bad kBad[] = {
    {"Empty", ""},
    {"NoNul", "add@/devices/x"},
    {"NoAt", Datagram("libudev|ACTION=add|DEVPATH=/x|SUBSYSTEM=usb|")},
    {"AtInFront", Datagram("@/x|ACTION=|DEVPATH=/x|SUBSYSTEM=usb|")},
    {"LastPartCutOff", kAdd.substr(0, kAdd.size() - 1)},
    {"PartWithoutEquals", kAdd + Datagram("WHAT|")},
    {"PartWithoutKey", kAdd + Datagram("=value|")},
    {"EmptyPart", kAdd + Datagram("|")},
    {"KeyTwice", kAdd + Datagram("SUBSYSTEM=block|")},
    {"NoSubsystem", Datagram("add@/x|ACTION=add|DEVPATH=/x|")},
    {"HeaderContradictsAction", Datagram("add@/x|ACTION=remove|DEVPATH=/x|SUBSYSTEM=usb|")},
    {"HeaderContradictsPath", Datagram("add@/x|ACTION=add|DEVPATH=/y|SUBSYSTEM=usb|")},
    {"PathWithoutSlash", Datagram("add@x|ACTION=add|DEVPATH=x|SUBSYSTEM=usb|")},
};

class BadUevent : public ::testing::TestWithParam<Bad> {};

TEST_P(BadUevent, IsInvalid) {
  const Result<Uevent> uevent = Parse(GetParam().datagram);
  ASSERT_FALSE(uevent.ok());
  EXPECT_EQ(uevent.error().code, ErrorCode::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(Each, BadUevent, ::testing::ValuesIn(kBad),
                         [](const ::testing::TestParamInfo<Bad>& bad) { return bad.param.name; });

TEST(ParseUevent, BoundsTheLength) {
  const Result<Uevent> uevent = Parse(kAdd + "LONG=" + std::string(kMaxUevent, 'x') + '\0');
  ASSERT_FALSE(uevent.ok());
  EXPECT_EQ(uevent.error().code, ErrorCode::kTooLarge);
}

TEST(UsbPortPathOf, NamesTheDeviceItselfOrTheOneOfItsInterface) {
  EXPECT_EQ(UsbPortPathOf({"add", "/devices/usb1/1-1", "usb", "usb_device"}), "1-1");
  EXPECT_EQ(UsbPortPathOf({"remove", "/devices/usb1", "usb", "usb_device"}), "usb1");
  EXPECT_EQ(UsbPortPathOf({"bind", "/devices/usb1/1-1/1-1:1.0", "usb", "usb_interface"}), "1-1");
  EXPECT_EQ(UsbPortPathOf({"bind", "/devices/usb1/1-0:1.0", "usb", "usb_interface"}), "usb1");
}

TEST(UsbPortPathOf, IsEmptyForEverythingElse) {
  EXPECT_EQ(UsbPortPathOf({"add", "/devices/usb1/1-1", "block", "usb_device"}), "");
  EXPECT_EQ(UsbPortPathOf({"add", "/devices/usb1/1-1/1-1:1.0", "usb", ""}), "");
  EXPECT_EQ(UsbPortPathOf({"add", "/devices/usb1/ep_00", "usb", "usb_device"}), "");
  EXPECT_EQ(UsbPortPathOf({"add", "/devices/usb1/..", "usb", "usb_device"}), "");
}

}  // namespace
}  // namespace sekimori::drivers
