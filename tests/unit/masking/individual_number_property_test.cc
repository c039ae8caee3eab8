// Properties over many numbers and many ways of writing them, against a slow and plain reading of the rule.
#include <array>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "proto/masking/individual_number.h"

namespace sekimori::masking {
namespace {

// Written from the ordinance once more, the other way round: Σ Pn×Qn over n = 1 … 11 from the lowest digit.
int PlainCheckDigit(const std::string& eleven) {
  static constexpr int kWeights[11] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};  // for the highest digit first
  int sum = 0;
  for (std::size_t i = 0; i < 11; ++i)
    sum += (eleven[i] - '0') * kWeights[i];
  return sum % 11 <= 1 ? 0 : 11 - sum % 11;
}

class Numbers {
 public:
  std::string Next() {
    std::string number;
    for (int i = 0; i < 11; ++i)
      number += static_cast<char>('0' + random_() % 10);
    return number + static_cast<char>('0' + PlainCheckDigit(number));
  }
  std::size_t Below(std::size_t bound) { return random_() % bound; }

 private:
  std::mt19937 random_{20240401};  // NOLINT: the same numbers at every run, so that a failure can be repeated
};

bool HasDigit(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9') return true;
    if (text.compare(i, 2, "\xef\xbc") == 0 && text[i + 2] >= '\x90' && text[i + 2] <= '\x99') return true;
  }
  return false;
}

TEST(MaskIndividualNumbersProperty, FindsExactlyOneLastDigitForEveryElevenDigits) {
  Numbers numbers;
  for (int round = 0; round < 20'000; ++round) {
    const std::string number = numbers.Next();
    for (char last = '0'; last <= '9'; ++last) {
      std::string text = number.substr(0, 11) + last;
      ASSERT_EQ(MaskIndividualNumbers(text), last == number[11] ? 1U : 0U) << number << " with " << last;
    }
  }
}

TEST(MaskIndividualNumbersProperty, FindsEveryNumberHoweverItIsWritten) {
  static const std::vector<std::string> kBetween = {"",   "",   "",       " ",      "-",      "_",      ".",   "/",
                                                    "　", "－", "．",     "‐",      "‒",      "–",      "—",   "―",
                                                    "−",  "ー", "\u00a0", "\u200b", "\u200d", "\ufeff", " - ", "\xff"};
  static const std::vector<std::string> kAround = {"",          "住民", "A",        "[",  "%",
                                                   "%E3%80%80", "\xef", "\xe3\x80", "：", "\n"};
  Numbers numbers;
  for (int round = 0; round < 50'000; ++round) {
    const std::string number = numbers.Next();
    std::string written;
    for (const char digit : number) {
      if (!written.empty()) written += kBetween[numbers.Below(kBetween.size())];
      if (numbers.Below(3) == 0)
        written += std::string("\xef\xbc") + static_cast<char>(0x90 + (digit - '0'));
      else
        written += digit;
    }
    std::string text = kAround[numbers.Below(kAround.size())] + written;
    const std::size_t before = text.size() - written.size();
    text += kAround[numbers.Below(kAround.size())];
    ASSERT_GE(MaskIndividualNumbers(text), 1U) << written;
    ASSERT_FALSE(HasDigit(text.substr(before, written.size()))) << text;
  }
}

TEST(MaskIndividualNumbersProperty, ChangesNothingTheSecondTime) {
  static const std::vector<std::string> kPieces = {"1",  "2",   "3",   "8", "０", "９", "-",    " ",    "%",
                                                   "%3", "%31", "%20", "A", "*",  "＊", "\xef", "\xbc", "E"};
  Numbers numbers;
  std::size_t masked = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (std::size_t pieces = numbers.Below(12); pieces > 0; --pieces)
      text += numbers.Below(3) == 0 ? numbers.Next() : kPieces[numbers.Below(kPieces.size())];
    const std::string before = text;
    masked += MaskIndividualNumbers(text);
    const std::string once = text;
    ASSERT_EQ(MaskIndividualNumbers(text), 0U) << "'" << before << "' became '" << once << "'";
    ASSERT_EQ(text, once);
    ASSERT_EQ(text.size(), before.size());
  }
  EXPECT_GT(masked, 10'000U) << "the texts above do hold numbers";
}

}  // namespace
}  // namespace sekimori::masking
