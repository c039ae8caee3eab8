#include "server/intake/strangers.h"

#include <gtest/gtest.h>

namespace sekimori::intake {
namespace {

std::string Origin(const std::string& host) {
  return OriginOf(Poco::Net::SocketAddress(host, 7443));
}

TEST(OriginOf, IsAnIpv4AddressOrAnIpv6Network) {
  EXPECT_EQ("192.0.2.7", Origin("192.0.2.7"));
  EXPECT_EQ("192.0.2.7", Origin("::ffff:192.0.2.7"));
  EXPECT_EQ(Origin("2001:db8:1:2::1"), Origin("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(Origin("2001:db8:1:2::1"), Origin("2001:db8:1:3::1"));
  EXPECT_EQ("2001:db8:1:2::/64", Origin("2001:db8:1:2::1"));
}

TEST(Strangers, HaveAsManyPlacesAsThereAre) {
  Strangers strangers;
  EXPECT_TRUE(strangers.Enter(1, "a", 2).given);
  EXPECT_TRUE(strangers.Enter(2, "b", 2).given);
  EXPECT_FALSE(strangers.Enter(3, "c", 2).given);
  EXPECT_EQ(2U, strangers.size());
  strangers.Leave(1, "a");
  strangers.Leave(1, "a");
  EXPECT_EQ(1U, strangers.size());
  EXPECT_TRUE(strangers.Enter(4, "c", 2).given);
  EXPECT_FALSE(strangers.Enter(5, "d", 0).given);
}

TEST(Strangers, OfTheOriginThatHoldsMostTheOldestGivesWay) {
  Strangers strangers;
  for (const std::uint64_t id : {4, 5, 6})
    ASSERT_TRUE(strangers.Enter(id, "many", 4).given);
  ASSERT_TRUE(strangers.Enter(7, "few", 4).given);
  const Strangers::Place place = strangers.Enter(8, "new", 4);
  EXPECT_TRUE(place.given);
  EXPECT_EQ(4U, place.evicted);
  strangers.Leave(4, "many");
  EXPECT_EQ(4U, strangers.size());
  // Now "many" holds two, and nobody gives way to one who would then hold two himself.
  EXPECT_FALSE(strangers.Enter(9, "new", 4).given);
}

TEST(Strangers, NobodyGivesWayToHisOwnKind) {
  Strangers strangers;
  for (std::uint64_t id = 1; id <= 3; ++id)
    ASSERT_TRUE(strangers.Enter(id, "many", 3).given);
  const Strangers::Place place = strangers.Enter(4, "many", 3);
  EXPECT_FALSE(place.given);
  EXPECT_FALSE(place.evicted);
  EXPECT_EQ(3U, strangers.size());
}

}  // namespace
}  // namespace sekimori::intake
