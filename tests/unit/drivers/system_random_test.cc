#include "drivers/linux/system_random.h"

#include <set>

#include <gtest/gtest.h>

namespace sekimori::drivers {
namespace {

TEST(SystemRandom, NeverGivesTheSameTwiceAndFillsEveryByte) {
  SystemRandom random;
  std::set<std::array<std::uint8_t, 32>> given;
  std::array<std::uint8_t, 32> seen{};
  for (int i = 0; i < 64; ++i) {
    const Result<std::array<std::uint8_t, 32>> bytes = random.Bytes();
    ASSERT_TRUE(bytes.ok()) << ToString(bytes.error());
    given.insert(bytes.value());
    for (std::size_t at = 0; at < seen.size(); ++at)
      seen[at] = static_cast<std::uint8_t>(seen[at] | bytes.value()[at]);
  }
  EXPECT_EQ(given.size(), 64U);
  for (const std::uint8_t byte : seen)
    EXPECT_NE(byte, 0);
}

}  // namespace
}  // namespace sekimori::drivers
