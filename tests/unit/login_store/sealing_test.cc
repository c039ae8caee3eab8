// What is sealed opens with its key, for what it belongs to, unchanged; and not otherwise.
#include "agent/login_store/sealing.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_random.h"

namespace sekimori::login_store {
namespace {

class SealingTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string Seal(std::string_view secret) {
    return sealer_.Seal(secret, "phone of 1000", random_).value();
  }
  const Sealer sealer_{model::Secret(std::string(32, 'k'))};
  fakes::FakeRandom random_;
};

TEST_F(SealingTest, GivesBackWhatWasSealedWhateverItsLength) {
  for (const std::size_t length : {0, 1, 15, 16, 17, 4096}) {
    std::string secret(length, 's');
    if (length > 1) secret[1] = '\0';
    const std::string sealed = Seal(secret);
    EXPECT_EQ(sealed.size(), 12 + length + 16);
    const Result<model::Secret> opened = sealer_.Open(sealed, "phone of 1000");
    ASSERT_TRUE(opened.ok()) << length;
    EXPECT_EQ(opened.value().bytes(), secret);
  }
}

TEST_F(SealingTest, IsAes256Gcm) {
  // Key, nonce and text of zeros: McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", test case 14.
  const Sealer zero(model::Secret(std::string(32, '\0')));
  const std::string sealed = std::string(12, '\0') +
                             "\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18"
                             "\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19";
  const Result<model::Secret> opened = zero.Open(sealed, "");
  ASSERT_TRUE(opened.ok()) << ToString(opened.error());
  EXPECT_EQ(opened.value().bytes(), std::string(16, '\0'));
}

TEST_F(SealingTest, UsesANewNonceEachTime) {
  EXPECT_NE(Seal("seed").substr(0, 12), Seal("seed").substr(0, 12));
}

TEST_F(SealingTest, FindsEveryChangedByteAndEveryCut) {
  const std::string sealed = Seal("a seed of twenty byt");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const Result<model::Secret> opened = sealer_.Open(changed, "phone of 1000");
    ASSERT_FALSE(opened.ok()) << "byte " << at;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(sealer_.Open(sealed.substr(0, at), "phone of 1000").error().code, ErrorCode::kCorrupt) << at;
  }
}

TEST_F(SealingTest, OpensForNobodyElse) {
  const std::string sealed = Seal("seed");
  EXPECT_EQ(sealer_.Open(sealed, "phone of 1001").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(sealer_.Open(sealed, "").error().code, ErrorCode::kCorrupt);
  const Sealer other(model::Secret(std::string(32, 'o')));
  EXPECT_EQ(other.Open(sealed, "phone of 1000").error().code, ErrorCode::kCorrupt);
}

TEST_F(SealingTest, SealsNothingWithoutChance) {
  random_.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
  EXPECT_EQ(sealer_.Seal("seed", "phone of 1000", random_).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace sekimori::login_store
