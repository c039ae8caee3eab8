// Whatever a device sends as a string: valid UTF-8 without control characters, at most 126 characters.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "drivers/portable/usb_string.h"

namespace {

// Decodes by RFC 3629's table, apart from the code under test; aborts on anything else.
std::size_t CountCharacters(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > text.size()) std::abort();
    std::uint32_t character = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) std::abort();
      character = character << 6 | (next & 0x3f);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < kLeast[length] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000)) std::abort();
    if (character < 0x20 || (character >= 0x7f && character < 0xa0)) std::abort();
    if (character >= 0x202a && character <= 0x202e) std::abort();
    i += length;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (CountCharacters(sekimori::drivers::DecodeUsbString(bytes)) > 126) std::abort();
  static_cast<void>(sekimori::drivers::FirstLanguage(bytes));
  return 0;
}
