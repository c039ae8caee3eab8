#include "proto/toml_text/text_bounds.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace sekimori::toml_text {
namespace {

constexpr std::size_t kQuotedCharacters = 60;

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// Decodes the character at `at` of valid UTF-8 and moves on.
char32_t Next(std::string_view utf8, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(utf8[at++]);
  if (lead < 0x80) return lead;
  char32_t code = lead & (lead >= 0xf0 ? 0x07U : lead >= 0xe0 ? 0x0fU : 0x1fU);
  while (at < utf8.size() && IsContinuation(utf8[at]))
    code = code << 6U | (static_cast<unsigned char>(utf8[at++]) & 0x3fU);
  return code;
}

// Bytes of the first character; 0 if the bytes do not begin with one. Bounds: RFC 3629, section 4.
std::size_t CharacterLength(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.empty() ? '\x80' : bytes[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return 0;
  if (!std::ranges::all_of(bytes.substr(1, length - 1), IsContinuation)) return 0;
  const auto second = static_cast<unsigned char>(bytes[1]);
  const bool too_long = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return too_long || surrogate || beyond ? 0 : length;
}

bool IsForbidden(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool turns_direction =
      c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || separator || turns_direction;
}

std::string CodePointName(char32_t c) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "U+%04X", static_cast<unsigned>(c));
  return text.data();
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// Follows TOML's strings and comments, so that brackets and dots in them do not count. Where the text is not TOML the
// parser stops there, so it does not matter what this makes of the rest.
class NestingScan {
 public:
  explicit NestingScan(std::string_view toml) : rest_(toml) {}

  std::optional<std::uint32_t> FirstLineTooDeep() {
    while (!rest_.empty()) {
      Step();
      if (nesting_ > kMaxNesting || dots_ > kMaxDots) return line_;
    }
    return std::nullopt;
  }

 private:
  void Step() {
    const char c = rest_.front();
    if (c == '"' || c == '\'') return SkipString(c);
    if (c == '#') return Skip(rest_.find('\n'));
    if (c == '[' || c == '{') ++nesting_;
    if ((c == ']' || c == '}') && nesting_ > 0) --nesting_;
    if (c == '.') ++dots_;
    if (c == '\n' || c == '=' || c == ',' || c == '{') dots_ = 0;
    Skip(1);
  }

  void SkipString(char quote) {
    const std::string ends(3, quote);
    const bool many_lines = rest_.starts_with(ends);
    std::size_t at = many_lines ? 3 : 1;
    for (; at < rest_.size(); ++at) {
      if (quote == '"' && rest_[at] == '\\') {
        ++at;
      } else if (many_lines && rest_.substr(at).starts_with(ends)) {
        at += 3;
        // Up to two quotes may stand right before the closing three.
        for (int extra = 0; extra < 2 && at < rest_.size() && rest_[at] == quote; ++extra)
          ++at;
        break;
      } else if (!many_lines && (rest_[at] == quote || rest_[at] == '\n')) {
        ++at;
        break;
      }
    }
    Skip(at);
  }

  void Skip(std::size_t count) {
    const std::string_view skipped = rest_.substr(0, count);
    line_ += static_cast<std::uint32_t>(std::ranges::count(skipped, '\n'));
    rest_.remove_prefix(skipped.size());
  }

  std::string_view rest_;
  std::uint32_t line_ = 1;
  std::size_t nesting_ = 0, dots_ = 0;
};

}  // namespace

std::size_t CharacterCount(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char byte) { return !IsContinuation(byte); }));
}

std::optional<std::string> FirstForbiddenCharacter(std::string_view utf8) {
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t c = Next(utf8, at);
    if (IsForbidden(c)) return CodePointName(c);
  }
  return std::nullopt;
}

std::string Quoted(std::string_view utf8) {
  std::string text = "\"";
  std::size_t count = 0;
  for (std::size_t at = 0; at < utf8.size(); ++count) {
    if (count == kQuotedCharacters) return text + "…\"";
    const std::size_t begin = at;
    const char32_t c = Next(utf8, at);
    text += IsForbidden(c) ? '<' + CodePointName(c) + '>' : std::string(utf8.substr(begin, at - begin));
  }
  return text + '"';
}

bool IsUtf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = CharacterLength(bytes.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string Harmless(std::string_view bytes, std::size_t max_characters) {
  std::string text;
  for (std::size_t at = 0, count = 0; at < bytes.size() && count < max_characters; ++count) {
    const std::string_view character = bytes.substr(at, CharacterLength(bytes.substr(at)));
    const bool stands = !character.empty() && !FirstForbiddenCharacter(character);
    text += stands ? character : std::string_view("\ufffd");
    at += std::max<std::size_t>(character.size(), 1);
  }
  return text;
}

std::optional<std::string_view> Nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > 64) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t least = 3;
  for (const std::string_view candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::optional<std::uint32_t> FirstLineNestedTooDeep(std::string_view toml) {
  return NestingScan(toml).FirstLineTooDeep();
}

}  // namespace sekimori::toml_text
