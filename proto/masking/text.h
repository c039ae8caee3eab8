// Text as characters, whatever bytes it is made of: UTF-8 that may be damaged, percent-encoded or not. Inside of
// masking.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sekimori::masking {

inline constexpr char32_t kNotUtf8 = 0xffff'ffff;

enum class Encoding { kPlain, kPercent };

struct Character {
  char32_t code = kNotUtf8;
  std::size_t length = 1;      // bytes of text it takes up
  std::size_t last_octet = 0;  // where its last octet is written, from the character's start …
  bool last_escaped = false;   // … as "%XX" rather than as a byte
};

// The character at `at` (< text.size()). With Encoding::kPercent "%XX" stands for one octet (RFC 3986, 2.1). What is
// not UTF-8 (RFC 3629) is kNotUtf8 and one octet long, so that nothing good after it is swallowed.
[[nodiscard]] Character ReadCharacter(std::string_view text, std::size_t at, Encoding encoding);

[[nodiscard]] bool IsUtf8(std::string_view text);

// Replaces each octet that is not part of a UTF-8 character by U+FFFD. A protobuf string that is not UTF-8 would be
// refused by whoever parses it. False: nothing had to be replaced.
bool MakeUtf8(std::string& text);

// Cuts good UTF-8 between two characters so that, with the "…" put after it, it has at most `max_bytes` (≥ 3). False:
// it had no more to begin with. Mask first: half a number would not be recognised.
bool CutUtf8(std::string& text, std::size_t max_bytes);

}  // namespace sekimori::masking
