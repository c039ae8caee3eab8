#include "drivers/linux/port_path.h"

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

TEST(IsPortPath, TakesDevicesAndRootHubs) {
  for (const char* name : {"1-1", "12-3.4", "3-1.2.3.4.5.6", "usb1", "usb12"})
    EXPECT_TRUE(IsPortPath(name)) << name;
}

TEST(IsPortPath, TakesNothingElse) {
  for (const char* name : {"",
                           "usb",
                           "usb0",
                           "usb1x",
                           "usb01",
                           "usb1000",
                           "1",
                           "1-",
                           "-1",
                           "0-1",
                           "1-0",
                           "1-1.",
                           "1-.1",
                           "1-1..2",
                           "1-1:1.0",
                           "1-0:1.0",
                           "1-1/..",
                           "../usb1",
                           "1-1.2.3.4.5.6.7",
                           "01-1",
                           "1-01",
                           "1-256",
                           " 1-1",
                           "1-1 ",
                           "1-+1",
                           "ep_00",
                           "1-1\n"})
    EXPECT_FALSE(IsPortPath(name)) << name;
}

TEST(IsRootHub, IsTheHubOfABus) {
  EXPECT_TRUE(IsRootHub("usb3"));
  EXPECT_FALSE(IsRootHub("3-1"));
}

TEST(ParentOf, GoesOneHopUp) {
  EXPECT_EQ(ParentOf("3-1.2.4"), "3-1.2");
  EXPECT_EQ(ParentOf("3-1"), "usb3");
  EXPECT_EQ(ParentOf("12-1"), "usb12");
  EXPECT_EQ(ParentOf("usb3"), "");
}

TEST(RootHubOf, NamesTheBus) {
  EXPECT_EQ(RootHubOf("12-1.2"), "usb12");
  EXPECT_EQ(RootHubOf("usb12"), "usb12");
}

TEST(Tier, GrowsAlongTheWay) {
  EXPECT_EQ(Tier("usb3"), 0);
  EXPECT_EQ(Tier("3-1"), 1);
  EXPECT_EQ(Tier("3-1.2.4"), 3);
}

TEST(ParseInterfaceName, ReadsDeviceConfigurationAndNumber) {
  EXPECT_EQ(ParseInterfaceName("3-1.2:1.0"), (InterfaceName{"3-1.2", 1, 0}));
  EXPECT_EQ(ParseInterfaceName("3-1:255.31"), (InterfaceName{"3-1", 255, 31}));
  EXPECT_EQ(ParseInterfaceName("3-0:1.0"), (InterfaceName{"usb3", 1, 0}));
}

TEST(ParseInterfaceName, ReadsNothingElse) {
  for (const char* name : {"", "3-1", "3-1:", "3-1:1", "3-1:1.", "3-1:1.256", "3-1:256.0", "3-1:1.0.0", "3-1:1.0 ",
                           "usb3:1.0", "x:1.0", ":1.0", "3-1:01.0"})
    EXPECT_EQ(ParseInterfaceName(name), std::nullopt) << name;
}

}  // namespace
}  // namespace sekimori::drivers
