#include "drivers/portable/usb_string.h"

#include <algorithm>
#include <array>

namespace sekimori::drivers {
namespace {

constexpr std::uint8_t kTypeString = 3;
constexpr char32_t kReplacement = 0xfffd;

struct Range {
  char32_t first, last;
};

// What a screen, a terminal or a CSV file would act on or not show at all (Unicode general categories Cc, Cf, Zl, Zp,
// Co, Cn as non-characters, and the blank letters used to fake an empty name).
constexpr std::array kUnsafe = {
    Range{0x0000, 0x001f},   Range{0x007f, 0x009f},   Range{0x00ad, 0x00ad},   Range{0x034f, 0x034f},
    Range{0x061c, 0x061c},   Range{0x115f, 0x1160},   Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},
    Range{0x200b, 0x200f},   Range{0x2028, 0x202e},   Range{0x2060, 0x206f},   Range{0x3164, 0x3164},
    Range{0xe000, 0xf8ff},   Range{0xfdd0, 0xfdef},   Range{0xfe00, 0xfe0f},   Range{0xfeff, 0xfeff},
    Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},   Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a},
    Range{0xe0000, 0xe0fff}, Range{0xf0000, 0x10ffff}};

bool Unsafe(char32_t character) {
  if ((character & 0xfffe) == 0xfffe) return true;  // the last two of every plane are non-characters
  return std::any_of(kUnsafe.begin(), kUnsafe.end(),
                     [&](const Range& range) { return range.first <= character && character <= range.last; });
}

void AppendUtf8(std::string& text, char32_t character) {
  const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0 | character >> 6);
    put(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    put(0xe0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  } else {
    put(0xf0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3f));
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  }
}

char32_t Unit(std::span<const std::byte> bytes, std::size_t index) {
  return std::to_integer<char32_t>(bytes[2 * index]) | std::to_integer<char32_t>(bytes[2 * index + 1]) << 8;
}

// The bytes after the header, as far as both the device and its own length field go; a byte left over is dropped.
std::span<const std::byte> Content(std::span<const std::byte> descriptor) {
  if (descriptor.size() < 2 || std::to_integer<std::uint8_t>(descriptor[1]) != kTypeString) return {};
  const std::size_t length = std::min<std::size_t>(std::to_integer<std::uint8_t>(descriptor[0]), descriptor.size());
  return length < 2 ? std::span<const std::byte>{} : descriptor.subspan(2, (length - 2) & ~std::size_t{1});
}

}  // namespace

std::string DecodeUsbString(std::span<const std::byte> descriptor) {
  const std::span<const std::byte> content = Content(descriptor);
  std::size_t units = content.size() / 2;
  while (units > 0 && Unit(content, units - 1) == 0)
    --units;
  std::string text;
  for (std::size_t i = 0; i < units; ++i) {
    char32_t character = Unit(content, i);
    const bool high = character >= 0xd800 && character < 0xdc00;
    const bool low = character >= 0xdc00 && character < 0xe000;
    if (high && i + 1 < units && Unit(content, i + 1) >= 0xdc00 && Unit(content, i + 1) < 0xe000) {
      character = 0x10000 + ((character - 0xd800) << 10) + (Unit(content, i + 1) - 0xdc00);
      ++i;
    } else if (high || low) {
      character = kReplacement;
    }
    AppendUtf8(text, Unsafe(character) ? kReplacement : character);
  }
  return text;
}

std::optional<std::uint16_t> FirstLanguage(std::span<const std::byte> descriptor) {
  const std::span<const std::byte> content = Content(descriptor);
  if (content.empty()) return std::nullopt;
  return static_cast<std::uint16_t>(Unit(content, 0));
}

}  // namespace sekimori::drivers
