#include "proto/frame/frame.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori::frame {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string Framed(std::initializer_list<std::string_view> payloads) {
  std::string wire;
  for (const std::string_view payload : payloads)
    EXPECT_TRUE(AppendFrame(wire, payload).ok());
  return wire;
}

std::vector<std::string> Drain(FrameReader& reader) {
  std::vector<std::string> payloads;
  while (std::optional<std::string> payload = reader.Next())
    payloads.push_back(std::move(*payload));
  return payloads;
}

TEST(AppendFrame, WritesBigEndianLengthThenPayload) {
  EXPECT_EQ(Framed({"abc"}), std::string("\0\0\0\3abc", 7));
  const std::string long_payload(0x010203, 'x');
  EXPECT_EQ(Framed({long_payload}).substr(0, 5), std::string("\0\1\2\3x", 5));
}

TEST(AppendFrame, RefusesOneByteOverTheBoundAndLeavesOutAlone) {
  std::string out = "kept";
  EXPECT_TRUE(AppendFrame(out, std::string(kMaxFrame, 'x')).ok());
  out = "kept";
  const Status refused = AppendFrame(out, std::string(kMaxFrame + 1, 'x'));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(out, "kept");
}

TEST(FrameReader, GivesSamePayloadsHoweverBytesAreCut) {
  const std::string wire = Framed({"first", "", "third, longer than the others", std::string(300, 'z')});
  const std::vector<std::string> want = {"first", "", "third, longer than the others", std::string(300, 'z')};
  for (std::size_t cut = 1; cut <= wire.size(); ++cut) {
    FrameReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < wire.size(); at += cut) {
      ASSERT_TRUE(reader.Feed(Bytes(std::string_view(wire).substr(at, cut))).ok());
      for (std::string& payload : Drain(reader))
        got.push_back(std::move(payload));
    }
    ASSERT_EQ(got, want) << "cut every " << cut << " bytes";
    ASSERT_EQ(reader.pending(), 0U);
  }
}

TEST(FrameReader, HasNothingWhileAByteIsMissing) {
  const std::string wire = Framed({"payload"});
  FrameReader reader;
  ASSERT_TRUE(reader.Feed(Bytes(std::string_view(wire).substr(0, wire.size() - 1))).ok());
  EXPECT_EQ(reader.Next(), std::nullopt);
  EXPECT_EQ(reader.pending(), wire.size() - 1);
  ASSERT_TRUE(reader.Feed(Bytes(std::string_view(wire).substr(wire.size() - 1))).ok());
  EXPECT_EQ(reader.Next(), "payload");
}

TEST(FrameReader, GoesOnEmptyAfterAWipe) {
  FrameReader reader;
  ASSERT_TRUE(reader.Feed(Bytes(Framed({"secret", "half"}).substr(0, 12))).ok());
  EXPECT_EQ(reader.Next(), "secret");
  reader.Wipe();
  EXPECT_EQ(reader.pending(), 0U);
  ASSERT_TRUE(reader.Feed(Bytes(Framed({"next"}))).ok());
  EXPECT_EQ(reader.Next(), "next");
}

TEST(FrameReader, TakesAFrameOfExactlyTheBoundAndRefusesOneByteMore) {
  FrameReader reader(10);
  ASSERT_TRUE(reader.Feed(Bytes(Framed({"0123456789"}))).ok());
  EXPECT_EQ(reader.Next(), "0123456789");
  const Status refused = reader.Feed(Bytes(std::string_view("\0\0\0\x0b", 4)));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

TEST(FrameReader, IsSpentAfterATooLargeHeaderButGivesWhatWasWholeBefore) {
  FrameReader reader(10);
  const std::string wire = Framed({"good"}) + std::string("\xff\xff\xff\xff", 4) + "0123456789012345";
  ASSERT_FALSE(reader.Feed(Bytes(wire)).ok());
  EXPECT_EQ(Drain(reader), std::vector<std::string>{"good"});
  EXPECT_EQ(reader.pending(), 0U) << "bytes after the bad header are not kept";
  const Status again = reader.Feed(Bytes(Framed({"fine"})));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(reader.Next(), std::nullopt);
}

TEST(FrameReader, SeesATooLargeHeaderAsSoonAsItIsWhole) {
  FrameReader reader(10);
  EXPECT_TRUE(reader.Feed(Bytes(std::string_view("\0\0\1", 3))).ok());
  EXPECT_FALSE(reader.Feed(Bytes(std::string_view("\0", 1))).ok());
}

// A reader that erased the front of its buffer at every frame would move 40 GB here and take minutes.
TEST(FrameReader, TakesManySmallFramesFedAtOnceInLinearTime) {
  std::string wire;
  constexpr int kFrames = 200'000;
  for (int i = 0; i < kFrames; ++i)
    ASSERT_TRUE(AppendFrame(wire, "x").ok());
  const auto start = std::chrono::steady_clock::now();
  FrameReader reader;
  ASSERT_TRUE(reader.Feed(Bytes(wire)).ok());
  EXPECT_EQ(Drain(reader).size(), kFrames);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace sekimori::frame
