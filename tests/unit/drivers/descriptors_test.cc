#include "drivers/portable/descriptors.h"

#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

using fakes::UsbDescriptors;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ParsedDescriptors Parse(const std::string& blob) {
  return ParseDescriptors(std::as_bytes(std::span(blob)));
}

std::string KeyboardWithDisk() {
  return UsbDescriptors(0x046d, 0xc31c)
      .Strings(1, 2, 3)
      .Configuration(1, {{0, fakes::kKeyboard, 0, 4}, {1, fakes::kDisk}, {1, fakes::kUasDisk, 1}})
      .Blob();
}

TEST(ParseDescriptors, ReadsIdentityAndStringIndices) {
  const ParsedDescriptors parsed = Parse(KeyboardWithDisk());
  EXPECT_THAT(parsed.fault, IsEmpty());
  EXPECT_EQ(parsed.vendor, 0x046d);
  EXPECT_EQ(parsed.product, 0xc31c);
  EXPECT_EQ(parsed.release, 0x0100);
  EXPECT_EQ(parsed.manufacturer_index, 1);
  EXPECT_EQ(parsed.product_index, 2);
  EXPECT_EQ(parsed.serial_index, 3);
}

TEST(ParseDescriptors, ListsEveryAlternateSettingInOrder) {
  const ParsedDescriptors parsed = Parse(KeyboardWithDisk());
  ASSERT_EQ(parsed.interfaces.size(), 3U);
  EXPECT_EQ(parsed.interfaces[0].interface, (model::Interface{1, 0, 0, fakes::kKeyboard, ""}));
  EXPECT_EQ(parsed.interfaces[0].name_index, 4);
  EXPECT_EQ(parsed.interfaces[1].interface, (model::Interface{1, 1, 0, fakes::kDisk, ""}));
  EXPECT_EQ(parsed.interfaces[2].interface, (model::Interface{1, 1, 1, fakes::kUasDisk, ""}));
}

TEST(ParseDescriptors, ListsInterfacesOfConfigurationsThatAreNotActive) {
  const ParsedDescriptors parsed =
      Parse(UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Configuration(2, {{0, fakes::kDisk}}).Blob());
  EXPECT_THAT(parsed.fault, IsEmpty());
  ASSERT_EQ(parsed.interfaces.size(), 2U);
  EXPECT_EQ(parsed.interfaces[1].interface, (model::Interface{2, 0, 0, fakes::kDisk, ""}));
}

TEST(ParseDescriptors, TellsEndpointsOfAnotherKindThanInterrupt) {
  constexpr int kControl = 0, kIsochronous = 1, kBulk = 2, kInterrupt = 3, kUnusedBits = 0x3c;
  const ParsedDescriptors parsed = Parse(UsbDescriptors()
                                             .Configuration(1, {{0, fakes::kKeyboard, 0, 0, kInterrupt},
                                                                {0, fakes::kKeyboard, 1, 0, kBulk},
                                                                {1, fakes::kKeyboard, 0, 0, kIsochronous},
                                                                {2, fakes::kKeyboard, 0, 0, kControl},
                                                                {3, fakes::kKeyboard, 0, 0, kInterrupt | kUnusedBits}})
                                             .Blob());
  ASSERT_EQ(parsed.interfaces.size(), 5U);
  const bool bulk[] = {false, true, false, false, false};
  const bool stream[] = {false, false, true, true, false};
  for (std::size_t i = 0; i < parsed.interfaces.size(); ++i) {
    EXPECT_EQ(parsed.interfaces[i].bulk, bulk[i]) << i;
    EXPECT_EQ(parsed.interfaces[i].stream, stream[i]) << i;
  }
}

TEST(ParseDescriptors, EveryEndpointOfAnInterfaceCounts) {
  std::string blob = UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob();
  const std::string another = UsbDescriptors::Bytes({7, 5, 0x02, 2, 0, 2, 0});
  blob[18 + 2] = static_cast<char>(blob[18 + 2] + 7);  // wTotalLength
  EXPECT_TRUE(Parse(blob + another).interfaces.at(0).bulk);
}

TEST(ParseDescriptors, EndpointWithTheControlEndpointsNumberDoesNotCount) {
  std::string blob = UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob();
  blob[18 + 2] = static_cast<char>(blob[18 + 2] + 7);
  EXPECT_FALSE(Parse(blob + UsbDescriptors::Bytes({7, 5, 0x80, 2, 0, 2, 0})).interfaces.at(0).bulk);
}

TEST(ParseDescriptors, EndpointTooShortForTheKernelDoesNotCount) {
  std::string blob = UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob();
  blob[18 + 2] = static_cast<char>(blob[18 + 2] + 6);
  const ParsedDescriptors parsed = Parse(blob + UsbDescriptors::Bytes({6, 5, 0x02, 2, 0, 2}));
  EXPECT_THAT(parsed.fault, IsEmpty());
  EXPECT_FALSE(parsed.interfaces.at(0).bulk);
}

TEST(ParseDescriptors, InterfacesBeyondTheNumberAnnouncedAreListed) {
  std::string blob = KeyboardWithDisk();
  blob[18 + 4] = 1;  // bNumInterfaces
  const ParsedDescriptors parsed = Parse(blob);
  EXPECT_THAT(parsed.fault, IsEmpty());
  EXPECT_EQ(parsed.interfaces.size(), 3U);
}

struct Broken {
  const char* name;
  std::string blob;
  const char* fault;
};

std::string Changed(std::size_t at, char to) {
  std::string blob = KeyboardWithDisk();
  blob.at(at) = to;
  return blob;
}

std::string Cut(std::size_t from_end) {
  const std::string blob = KeyboardWithDisk();
  return blob.substr(0, blob.size() - from_end);
}

// Offsets: 18 the configuration, 27 the first interface, 36 its endpoint.
const Broken kBroken[] = {
    {"Empty", "", "cut off"},
    {"HalfADevice", KeyboardWithDisk().substr(0, 17), "cut off"},
    {"DeviceOfAnotherLength", Changed(0, 17), "not a device descriptor"},
    {"DeviceOfAnotherType", Changed(1, 2), "not a device descriptor"},
    {"NoConfiguration", KeyboardWithDisk().substr(0, 18), "fewer configurations"},
    {"SecondConfigurationMissing", Changed(17, 2), "fewer configurations"},
    {"ConfigurationNotAnnounced", Changed(17, 0), "after the last"},
    {"ConfigurationCutOff", KeyboardWithDisk().substr(0, 20), "cut off"},
    {"ConfigurationOfAnotherType", Changed(19, 4), "not a configuration"},
    {"ConfigurationTooShort", Changed(18, 8), "not a configuration"},
    {"TotalBelowItsHeader", Changed(20, 3), "shorter than its own"},
    {"TotalBeyondTheEnd", Cut(7), "shorter than announced"},
    {"HeaderCutOff", Cut(6), "header is cut off"},
    {"LengthZero", Changed(36, 0), "shorter than its header"},
    {"LengthOne", Changed(36, 1), "shorter than its header"},
    {"LengthBeyondTheConfiguration", Changed(36, '\xff'), "beyond its configuration"},
    {"InterfaceTooShort", Changed(27, 8), "too short"},
    {"ConfigurationInsideAConfiguration", Changed(37, 2), "inside a configuration"},
    {"DeviceInsideAConfiguration", Changed(37, 1), "inside a configuration"},
    {"BytesAfterTheLast", KeyboardWithDisk() + "x", "after the last"},
};

class BrokenDescriptors : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenDescriptors, AreAFault) {
  EXPECT_THAT(Parse(GetParam().blob).fault, HasSubstr(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenDescriptors, ::testing::ValuesIn(kBroken),
                         [](const ::testing::TestParamInfo<Broken>& broken) { return broken.param.name; });

TEST(ParseDescriptors, KeepsWhatItReadBeforeTheFault) {
  EXPECT_EQ(Parse(Cut(7)).interfaces.size(), 3U);
  EXPECT_EQ(Parse(Changed(36, 0)).interfaces.size(), 1U);
}

TEST(ParseDescriptors, BoundsTheNumberOfInterfaces) {
  std::string inside;
  for (int i = 0; i < 600; ++i)
    inside += UsbDescriptors::Bytes({9, 4, i & 0xff, 0, 0, 3, 1, 1, 0});
  const int total = static_cast<int>(inside.size()) + 9;
  std::string blob = UsbDescriptors().Blob();
  blob[17] = 1;
  blob += UsbDescriptors::Bytes({9, 2, total & 0xff, total >> 8, 1, 1, 0, 0, 0}) + inside;
  const ParsedDescriptors parsed = Parse(blob);
  EXPECT_THAT(parsed.fault, HasSubstr("too many"));
  EXPECT_EQ(parsed.interfaces.size(), kMaxInterfaces);
}

}  // namespace
}  // namespace sekimori::drivers
