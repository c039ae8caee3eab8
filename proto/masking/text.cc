#include "proto/masking/text.h"

#include <algorithm>
#include <utility>

namespace sekimori::masking {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

struct Octet {
  unsigned value = 0;
  std::size_t length = 0;  // 0: past the end
};

Octet ReadOctet(std::string_view text, std::size_t at, Encoding encoding) {
  if (at >= text.size()) return {};
  if (encoding == Encoding::kPercent && text[at] == '%' && text.size() - at >= 3) {
    const int high = HexValue(text[at + 1]);
    const int low = HexValue(text[at + 2]);
    if (high >= 0 && low >= 0) return {static_cast<unsigned>(high * 16 + low), 3};
  }
  return {static_cast<unsigned char>(text[at]), 1};
}

// Octets that follow a lead octet; 0 for one that leads nothing longer than itself.
std::size_t Followers(unsigned lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return 0;
}

// Overlong forms, surrogates and what lies beyond Unicode.
bool IsScalarOfLength(char32_t code, std::size_t followers) {
  constexpr char32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  return code >= kSmallest[followers] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

// Bytes from the beginning that are UTF-8.
std::size_t GoodPrefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const Character character = ReadCharacter(text, at, Encoding::kPlain);
    if (character.code == kNotUtf8) return at;
    at += character.length;
  }
  return at;
}

}  // namespace

Character ReadCharacter(std::string_view text, std::size_t at, Encoding encoding) {
  const Octet lead = ReadOctet(text, at, encoding);
  const Character not_utf8{kNotUtf8, lead.length, 0, lead.length > 1};
  if (lead.value < 0x80) return {lead.value, lead.length, 0, lead.length > 1};
  const std::size_t followers = Followers(lead.value);
  if (followers == 0) return not_utf8;

  char32_t code = lead.value & (0x3fU >> followers);
  Character character{kNotUtf8, lead.length, 0, false};
  for (std::size_t i = 0; i < followers; ++i) {
    const Octet octet = ReadOctet(text, at + character.length, encoding);
    if (octet.length == 0 || (octet.value & 0xc0U) != 0x80U) return not_utf8;
    code = code << 6U | (octet.value & 0x3fU);
    character.last_octet = character.length;
    character.last_escaped = octet.length > 1;
    character.length += octet.length;
  }
  if (!IsScalarOfLength(code, followers)) return not_utf8;
  character.code = code;
  return character;
}

bool IsUtf8(std::string_view text) {
  return GoodPrefix(text) == text.size();
}

bool MakeUtf8(std::string& text) {
  // Nearly all text is good already; only damaged text is copied.
  std::size_t at = GoodPrefix(text);
  if (at == text.size()) return false;

  std::string good = text.substr(0, at);
  while (at < text.size()) {
    const Character character = ReadCharacter(text, at, Encoding::kPlain);
    if (character.code == kNotUtf8)
      good += kReplacement;
    else
      good.append(text, at, character.length);
    at += character.length;
  }
  text = std::move(good);
  return true;
}

bool CutUtf8(std::string& text, std::size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= max_bytes) return false;
  std::size_t end = max_bytes - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;
  text.resize(end);
  text += kEllipsis;
  return true;
}

}  // namespace sekimori::masking
