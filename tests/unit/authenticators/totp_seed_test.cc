// The vectors of RFC 6238 (appendix B), and the stored form.
#include "agent/authenticators/totp_seed.h"

#include <string>

#include <gtest/gtest.h>

namespace sekimori::authenticators {
namespace {

TotpSeed SeedOf(TotpAlgorithm algorithm, std::string_view bytes, std::uint8_t digits = 8, std::uint8_t period = 30) {
  return {algorithm, digits, period, model::Secret(bytes)};
}

TEST(TotpCode, GivesTheVectorsOfTheRfc) {
  const std::string ten = "1234567890";
  const std::string sha1 = ten + ten, sha256 = ten + ten + ten + "12",
                    sha512 = ten + ten + ten + ten + ten + ten + "1234";
  struct Vector {
    std::uint64_t seconds;
    const char *by_sha1, *by_sha256, *by_sha512;
  };
  const Vector vectors[] = {
      {59, "94287082", "46119246", "90693936"},         {1111111109, "07081804", "68084774", "25091201"},
      {1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
      {2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"},
  };
  for (const Vector& each : vectors) {
    const std::uint64_t step = each.seconds / 30;
    EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha1, sha1), step).value().bytes(), each.by_sha1) << each.seconds;
    EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha256, sha256), step).value().bytes(), each.by_sha256) << each.seconds;
    EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha512, sha512), step).value().bytes(), each.by_sha512) << each.seconds;
  }
}

TEST(TotpCode, HasTheDigitsAskedForAndKeepsLeadingZeros) {
  const std::string seed = "12345678901234567890";
  EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha1, seed, 6), 1).value().bytes(), "287082");
  EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha1, seed, 7), 1).value().bytes(), "4287082");
  EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha1, seed, 8), 1111111109 / 30).value().bytes(), "07081804");
}

TEST(TotpCode, DependsOnTheStepAloneWhateverThePeriod) {
  const std::string seed = "12345678901234567890";
  for (const std::uint8_t period : {std::uint8_t{15}, std::uint8_t{60}, std::uint8_t{120}})
    EXPECT_EQ(TotpCode(SeedOf(TotpAlgorithm::kSha1, seed, 8, period), 1).value().bytes(), "94287082");
}

TEST(TotpCode, RefusesStepsBeyondAllTime) {
  EXPECT_FALSE(TotpCode(SeedOf(TotpAlgorithm::kSha1, "12345678901234567890"), ~std::uint64_t{0}).ok());
}

TEST(TotpSeed, SurvivesItsStoredForm) {
  for (const TotpAlgorithm algorithm : {TotpAlgorithm::kSha1, TotpAlgorithm::kSha256, TotpAlgorithm::kSha512})
    for (const std::size_t size : {TotpSeed::kShortest, TotpSeed::kLongest}) {
      const std::string bytes(size, '\x7f');
      const Result<model::Secret> stored = EncodeTotpSeed(SeedOf(algorithm, bytes, 7, 60));
      ASSERT_TRUE(stored.ok());
      const Result<TotpSeed> read = ParseTotpSeed(stored.value().bytes());
      ASSERT_TRUE(read.ok());
      EXPECT_EQ(read.value().algorithm, algorithm);
      EXPECT_EQ(read.value().digits, 7);
      EXPECT_EQ(read.value().period, 60);
      EXPECT_EQ(read.value().seed.bytes(), bytes);
    }
}

TEST(TotpSeed, WritesTheBytesThatItSays) {
  const Result<model::Secret> stored = EncodeTotpSeed(SeedOf(TotpAlgorithm::kSha256, "0123456789abcdef", 6, 30));
  EXPECT_EQ(stored.value().bytes(), std::string("\x01\x02\x06\x1e", 4) + "0123456789abcdef");
}

TEST(TotpSeed, OutOfBoundsIsNeitherWrittenNorRead) {
  const std::string good(20, 's');
  const std::string short_one(TotpSeed::kShortest - 1, 's'), long_one(TotpSeed::kLongest + 1, 's');
  struct Case {
    const char* name;
    int algorithm, digits, period;
    std::string seed;
  };
  const std::vector<Case> cases = {{"algorithm 0", 0, 6, 30, good},    {"algorithm 4", 4, 6, 30, good},
                                   {"5 digits", 1, 5, 30, good},       {"9 digits", 1, 9, 30, good},
                                   {"14 s", 1, 6, 14, good},           {"121 s", 1, 6, 121, good},
                                   {"too short", 1, 6, 30, short_one}, {"too long", 1, 6, 30, long_one}};
  for (const Case& each : cases) {
    const TotpSeed seed = SeedOf(static_cast<TotpAlgorithm>(each.algorithm), each.seed,
                                 static_cast<std::uint8_t>(each.digits), static_cast<std::uint8_t>(each.period));
    EXPECT_FALSE(EncodeTotpSeed(seed).ok()) << each.name;
    EXPECT_FALSE(TotpCode(seed, 1).ok()) << each.name;
    const std::string bytes{'\x01', static_cast<char>(each.algorithm), static_cast<char>(each.digits),
                            static_cast<char>(each.period)};
    const Result<TotpSeed> read = ParseTotpSeed(bytes + each.seed);
    ASSERT_FALSE(read.ok()) << each.name;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt) << each.name;
  }
  const std::string sound = std::string("\x01\x01\x06\x1e", 4) + good;
  ASSERT_TRUE(ParseTotpSeed(sound).ok());
  EXPECT_FALSE(ParseTotpSeed("\x02" + sound.substr(1)).ok());
  for (const std::size_t size : {0U, 1U, 3U, 4U, 19U})
    EXPECT_FALSE(ParseTotpSeed(sound.substr(0, size)).ok()) << size;
}

}  // namespace
}  // namespace sekimori::authenticators
