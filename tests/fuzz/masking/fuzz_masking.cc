// Any bytes: masking keeps the length, changes nothing the second time, changes digits only, and leaves no number that
// stands alone.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proto/masking/individual_number.h"
#include "proto/masking/text.h"

namespace {

void Require(bool good) {
  if (!good) std::abort();
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Twelve ASCII digits with nothing numeric or joining beside them, the plainest way to write a number.
bool HasPlainNumber(const std::string& text) {
  for (std::size_t at = 0; at + 12 <= text.size(); ++at) {
    std::array<std::uint8_t, 12> digits{};
    std::size_t count = 0;
    while (count < 12 && IsDigit(text[at + count])) {
      digits[count] = static_cast<std::uint8_t>(text[at + count] - '0');
      ++count;
    }
    const bool alone =
        count == 12 && (at == 0 || !IsDigit(text[at - 1])) && (at + 12 == text.size() || !IsDigit(text[at + 12]));
    if (alone && sekimori::masking::CheckDigit(std::span(digits).first<11>()) == digits[11]) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sekimori::masking;
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string once = input;
  const std::size_t found = MaskIndividualNumbers(once);
  Require(once.size() == input.size());
  Require((found > 0) == (once != input));
  Require(found == 0 || CouldHoldANumber(input));
  Require(!HasPlainNumber(once));
  std::string twice = once;
  Require(MaskIndividualNumbers(twice) == 0);
  Require(twice == once);

  std::string text = input;
  Require(MakeUtf8(text) == !IsUtf8(input));
  Require(IsUtf8(text));
  MaskIndividualNumbers(text);
  Require(IsUtf8(text));
  Require(!HasPlainNumber(text));
  if (!text.empty()) CutUtf8(text, 3 + text.size() / 2);
  Require(IsUtf8(text));
  return 0;
}
