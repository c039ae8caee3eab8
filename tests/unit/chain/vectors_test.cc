// tests/vectors/vectors.json was computed without this code (make_vectors.py); this code must agree with every byte.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "proto/chain/chain.h"
#include "proto/frame/frame.h"
#include "proto/signing/signed_document.h"

namespace sekimori {
namespace {

using nlohmann::json;
using signing::Hex;

std::string FromHex(const json& text) {
  const std::string hex = text.get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <std::size_t N>
std::array<std::uint8_t, N> ArrayFromHex(const json& text) {
  const std::string bytes = FromHex(text);
  EXPECT_EQ(bytes.size(), N);
  std::array<std::uint8_t, N> array{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), reinterpret_cast<char*>(array.data()));
  return array;
}

class Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(std::string(SEKIMORI_SOURCE_DIR) + "/tests/vectors/vectors.json");
    ASSERT_TRUE(file.good());
    vectors_ = json::parse(file);
  }
  [[nodiscard]] signing::VerifyKey Key() const {
    return signing::VerifyKey::FromSpkiDer(FromHex(vectors_["public_key"])).value();
  }
  json vectors_;
};

TEST_F(Vectors, KeyHasItsId) {
  EXPECT_EQ(Hex(Key().key_id()), vectors_["key_id"]);
}

TEST_F(Vectors, FramesAreTheseBytes) {
  const json& frames = vectors_["frames"];
  std::string wire;
  frame::FrameReader reader;
  const std::string stored = FromHex(frames["wire"]);
  ASSERT_TRUE(reader.Feed(std::as_bytes(std::span(stored))).ok());
  for (const json& payload : frames["payloads"]) {
    ASSERT_TRUE(frame::AppendFrame(wire, FromHex(payload)).ok());
    EXPECT_EQ(reader.Next(), FromHex(payload));
  }
  EXPECT_EQ(Hex(wire), frames["wire"]);
  EXPECT_EQ(reader.pending(), 0U);
}

TEST_F(Vectors, RecordsLinkToTheseHashes) {
  const json& log = vectors_["chain"];
  const auto log_id = ArrayFromHex<16>(log["log_id"]);
  EXPECT_EQ(Hex(chain::GenesisHash(log_id)), log["genesis"]);
  chain::Head head{0, chain::GenesisHash(log_id)};
  chain::Verifier verifier(head);
  ASSERT_EQ(log["records"].size(), 4U);
  for (const json& record : log["records"]) {
    const std::string payload = FromHex(record["payload"]);
    head = {record["sequence"], chain::Link(head.hash, record["sequence"], payload)};
    EXPECT_EQ(Hex(head.hash), record["hash"]);
    EXPECT_TRUE(verifier.Take(head.sequence, payload, ArrayFromHex<32>(record["hash"])).ok());
  }
}

TEST_F(Vectors, CheckpointsAreSignedOverTheseBytes) {
  const json& log = vectors_["chain"];
  ASSERT_EQ(log["checkpoints"].size(), 3U);
  for (const json& one : log["checkpoints"]) {
    const std::uint64_t sequence = one["sequence"];
    const chain::Head head{sequence, ArrayFromHex<32>(log["records"][sequence - 1]["hash"])};
    chain::Checkpoint checkpoint{ArrayFromHex<16>(log["log_id"]), head, one["time_us"], FromHex(one["signature"])};
    EXPECT_EQ(Hex(chain::CheckpointBytes(checkpoint)), one["bytes"]);
    EXPECT_TRUE(chain::VerifyCheckpoint(Key(), checkpoint).ok());
    checkpoint.time_us += 1;
    EXPECT_FALSE(chain::VerifyCheckpoint(Key(), checkpoint).ok());
  }
}

TEST_F(Vectors, DocumentIsSignedOverTheseBytes) {
  const json& vector = vectors_["document"];
  proto::SignedDocument document;
  document.set_kind(static_cast<proto::DocumentKind>(vector["kind"].get<int>()));
  document.set_document(FromHex(vector["document"]));
  document.set_key_id(FromHex(vectors_["key_id"]));
  document.set_signature(FromHex(vector["signature"]));
  EXPECT_TRUE(signing::VerifyDocument(Key(), proto::DOCUMENT_POLICY, document).ok());
  EXPECT_TRUE(Key().Verify(FromHex(vector["signed_bytes"]), document.signature()));
}

}  // namespace
}  // namespace sekimori
