#include "proto/signing/sha256.h"

#include <gtest/gtest.h>

namespace sekimori::signing {
namespace {

// FIPS 180-4 examples (NIST CSRC, "SHA256.pdf").
TEST(Sha256, AnswersThePublishedExamples) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, HashesPartsAsOneString) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
}

TEST(Hex, WritesEveryByteAsTwoLowerCaseDigits) {
  EXPECT_EQ(Hex(std::string_view("\x00\x0f\xa0\xff", 4)), "000fa0ff");
}

}  // namespace
}  // namespace sekimori::signing
