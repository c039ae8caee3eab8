#include "proto/masking/individual_number.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/masking/text.h"

namespace sekimori::masking {
namespace {

constexpr char32_t kFullWidthZero = 0xff10;
constexpr unsigned char kFullWidthAsteriskLast =
    0x8a;  // of EF BC 8A, which differs from a digit in its last octet only

struct Digit {
  std::uint8_t value = 0;
  bool full_width = false;
  bool begins_group = false;   // first of its run, after a separator, or of another width than the one before it
  bool escaped = false;        // its last octet is written "%XX"
  std::size_t last_octet = 0;  // position in the text
};

using Window = std::array<Digit, kIndividualNumberDigits>;

// Sorted ranges of what may stand between two digits of one number.
struct Range {
  char32_t first, last;
};
constexpr Range kSeparators[] = {
    {'\t', '\t'},     {' ', ' '},           {'+', '+'},       {'-', '/'},       {'_', '_'},       {0xa0, 0xa0},
    {0xad, 0xad},     {0xb7, 0xb7},         {0x2000, 0x2015}, {0x202f, 0x202f}, {0x2043, 0x2043}, {0x205f, 0x2064},
    {0x2212, 0x2212}, {0x2500, 0x2501},     {0x3000, 0x3000}, {0x30fb, 0x30fc}, {0xfe58, 0xfe58}, {0xfe63, 0xfe63},
    {0xfeff, 0xfeff}, {0xff0b, 0xff0b},     {0xff0d, 0xff0f}, {0xff3f, 0xff3f}, {0xff65, 0xff65}, {0xff70, 0xff70},
    {0xfffd, 0xfffd}, {kNotUtf8, kNotUtf8},
};

bool IsSeparator(char32_t code) {
  const Range* const range = std::lower_bound(std::begin(kSeparators), std::end(kSeparators), code,
                                              [](const Range& one, char32_t wanted) { return one.last < wanted; });
  return range != std::end(kSeparators) && range->first <= code;
}

std::optional<Digit> AsDigit(const Character& character, std::size_t at) {
  const bool full_width = character.code >= kFullWidthZero && character.code < kFullWidthZero + 10;
  if (!full_width && (character.code < '0' || character.code > '9')) return std::nullopt;
  const char32_t value = character.code - (full_width ? kFullWidthZero : U'0');
  return Digit{static_cast<std::uint8_t>(value), full_width, false, character.last_escaped, at + character.last_octet};
}

// One reading of one text: keeps the last twelve digits of the run it is in, and notes them when they are a number that
// begins and ends where a group does. Notes only, so that a number that overlaps another, or that the other reading
// sees, is found as well.
class Reading {
 public:
  Reading(std::string_view text, std::vector<Window>& numbers) : text_(text), numbers_(numbers) {}

  void Run(Encoding encoding) {
    for (std::size_t at = 0; at < text_.size();) {
      const Character character = ReadCharacter(text_, at, encoding);
      if (const std::optional<Digit> digit = AsDigit(character, at))
        Take(*digit);
      else if (length_ > 0 && (!IsSeparator(character.code) || ++separators_ > kMaxSeparators))
        EndRun();
      at += character.length;
    }
    EndRun();
  }

 private:
  void Take(Digit digit) {
    digit.begins_group = length_ == 0 || separators_ > 0 || digit.escaped || LastDigit().escaped ||
                         digit.full_width != LastDigit().full_width;
    if (digit.begins_group) TestWindow();
    window_[length_ % window_.size()] = digit;
    ++length_;
    separators_ = 0;
  }

  void EndRun() {
    TestWindow();
    length_ = 0;
    separators_ = 0;
  }

  [[nodiscard]] const Digit& LastDigit() const { return window_[(length_ - 1) % window_.size()]; }

  void TestWindow() {
    if (length_ < window_.size()) return;
    const std::size_t oldest = length_ % window_.size();
    if (!window_[oldest].begins_group) return;
    Window number;
    std::rotate_copy(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(oldest), window_.end(),
                     number.begin());
    std::array<std::uint8_t, kIndividualNumberDigits - 1> values{};
    std::transform(number.begin(), number.end() - 1, values.begin(), [](const Digit& digit) { return digit.value; });
    if (CheckDigit(values) == number.back().value) numbers_.push_back(number);
  }

  std::string_view text_;
  std::vector<Window>& numbers_;
  Window window_{};
  std::size_t length_ = 0;      // digits in this run so far
  std::size_t separators_ = 0;  // since the last digit
};

void Mask(std::string& text, const Digit& digit) {
  if (digit.escaped) {
    text[digit.last_octet + 1] = digit.full_width ? '8' : '2';
    text[digit.last_octet + 2] = 'A';
  } else {
    text[digit.last_octet] = digit.full_width ? static_cast<char>(kFullWidthAsteriskLast) : '*';
  }
}

}  // namespace

std::uint8_t CheckDigit(std::span<const std::uint8_t, kIndividualNumberDigits - 1> digits) {
  unsigned sum = 0;
  for (unsigned n = 1; n <= digits.size(); ++n)
    sum += digits[digits.size() - n] * (n <= 6 ? n + 1 : n - 5);
  const unsigned remainder = sum % 11;
  return static_cast<std::uint8_t>(remainder <= 1 ? 0 : 11 - remainder);
}

bool CouldHoldANumber(std::string_view text) {
  // Each digit has at least one octet that is an ASCII digit, the first of a full-width one, or a percent sign.
  if (text.size() < kIndividualNumberDigits) return false;
  const auto candidates =
      std::count_if(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '\xef' || c == '%'; });
  return static_cast<std::size_t>(candidates) >= kIndividualNumberDigits;
}

std::size_t MaskIndividualNumbers(std::string& text) {
  if (!CouldHoldANumber(text)) return 0;
  std::vector<Window> numbers;
  Reading(text, numbers).Run(Encoding::kPlain);
  // Read both ways: in "100%123456789018" the sign is a sign, in "%80123456789018" it begins an octet.
  if (text.find('%') != std::string::npos) Reading(text, numbers).Run(Encoding::kPercent);
  std::set<std::pair<std::size_t, std::size_t>> places;  // most numbers are seen both ways
  for (const Window& number : numbers) {
    places.emplace(number.front().last_octet, number.back().last_octet);
    for (const Digit& digit : number)
      Mask(text, digit);
  }
  return places.size();
}

}  // namespace sekimori::masking
