// A QR code on a terminal, looked at as a phone does: the characters are drawn as black and white, and read back.
#include "agent/cli/qr.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zbar.h>

namespace sekimori::cli {
namespace {

constexpr std::size_t kDots = 4;  // of a picture, for a module's side

// What a terminal shows: true where it is dark. Its background is black unless the text sets colours.
struct Seen {
  std::size_t width = 0, height = 0;
  std::vector<bool> dark;
};

// One character: how many bytes, and whether its upper and lower half have the colour that is written in.
struct Halves {
  std::size_t bytes = 1;
  bool upper = false, lower = false;
};
Halves CharacterAt(const std::string& line, std::size_t at) {
  for (const auto& [text, upper, lower] : {std::tuple{"█", true, true}, {"▀", true, false}, {"▄", false, true}})
    if (line.compare(at, 3, text) == 0) return {3, upper, lower};
  EXPECT_EQ(line[at], ' ');
  return {};
}

Seen Look(const std::string& text, bool colours) {
  Seen seen;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from);
    std::string line = text.substr(from, end - from);
    if (colours) {
      const std::string before = "\x1b[38;5;16;48;5;231m", after = "\x1b[0m";
      EXPECT_TRUE(line.starts_with(before) && line.ends_with(after));
      line = line.substr(before.size(), line.size() - before.size() - after.size());
    }
    std::vector<bool> upper, lower;
    for (std::size_t at = 0; at < line.size();) {
      const Halves halves = CharacterAt(line, at);
      // Black is written on white, or white on black.
      upper.push_back(halves.upper == colours);
      lower.push_back(halves.lower == colours);
      at += halves.bytes;
    }
    seen.width = upper.size();
    seen.height += 2;
    seen.dark.insert(seen.dark.end(), upper.begin(), upper.end());
    seen.dark.insert(seen.dark.end(), lower.begin(), lower.end());
    from = end + 1;
  }
  return seen;
}

std::string Read(const Seen& seen) {
  const std::size_t width = seen.width * kDots, height = seen.height * kDots;
  std::vector<std::uint8_t> grey(width * height);
  for (std::size_t at = 0; at < grey.size(); ++at)
    grey[at] = seen.dark[at / width / kDots * seen.width + at % width / kDots] ? 0 : 255;
  zbar::Image image(static_cast<unsigned>(width), static_cast<unsigned>(height), "Y800", grey.data(), grey.size());
  zbar::ImageScanner scanner;
  scanner.set_config(zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
  scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
  if (scanner.scan(image) != 1) return "not seen";
  return image.symbol_begin()->get_data();
}

constexpr const char* kUri =
    "otpauth://totp/%E9%96%A2%E5%AE%88%20mado-03:sato?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    "&issuer=%E9%96%A2%E5%AE%88%20mado-03";

TEST(Qr, IsReadBackFromTheTerminal) {
  for (const bool colours : {true, false})
    EXPECT_EQ(Read(Look(QrText(MakeQr(kUri).value(), colours), colours)), kUri) << colours;
}

TEST(Qr, IsReadBackWhateverItsSize) {
  for (std::size_t size = 8; size < 300; size += 37) {
    const std::string text = "otpauth://" + std::string(size, 'x');
    EXPECT_EQ(Read(Look(QrText(MakeQr(text).value(), true), true)), text) << size;
  }
}

TEST(Qr, HasAQuietZoneOfFourModulesOnEverySide) {
  const Seen seen = Look(QrText(MakeQr(kUri).value(), true), true);
  for (std::size_t row = 0; row < seen.height; ++row)
    for (std::size_t column = 0; column < seen.width; ++column) {
      const bool inside = row >= 4 && column >= 4 && column + 4 < seen.width && row + 4 < seen.width;
      EXPECT_TRUE(inside || !seen.dark[row * seen.width + column]) << row << "," << column;
    }
  EXPECT_TRUE(seen.dark[4 * seen.width + 4]) << "the finder pattern's corner";
}

TEST(Qr, FitsATextConsoleOfEightyColumns) {
  const std::string longest = std::string(kUri) + std::string(60, 'x');
  EXPECT_LE(MakeQr(longest).value().side, 80U);
}

TEST(Qr, RefusesMoreThanItHolds) {
  const Result<QrCode> code = MakeQr(std::string(4000, 'x'));
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sekimori::cli
