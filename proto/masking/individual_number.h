// Individual Numbers (個人番号, "My Number") are never stored: they are found in text and their digits replaced.
// What is found and what is not: proto/masking/FORMAT.md. Pure functions; any thread. Req: R09
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sekimori::masking {

inline constexpr std::size_t kIndividualNumberDigits = 12;
// So many separator characters may stand between two digits of one number ("1234 - 5678 - 9018" has three).
inline constexpr std::size_t kMaxSeparators = 3;

// The check digit for the eleven digits before it, highest first, each 0–9: 11 − (Σ Pn×Qn mod 11), and 0 where that
// remainder is 0 or 1. Pn is the n-th digit from the lowest; Qn is n+1 for n ≤ 6 and n−5 for 7 ≤ n ≤ 11.
// Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律施行令 8条, and the ministerial ordinance
// it delegates the arithmetic to (平成26年総務省令第85号 5条).
[[nodiscard]] std::uint8_t CheckDigit(std::span<const std::uint8_t, kIndividualNumberDigits - 1> digits);

// Replaces every digit of every Individual Number in `text` by '*', a full-width one by '＊' (U+FF0A), and says how
// many numbers there were. Never changes the length in bytes; masked text is left alone. Any bytes may come in; bytes
// that are not UTF-8 are stepped over like separators. Linear in the length.
std::size_t MaskIndividualNumbers(std::string& text);

// False: there is certainly no number in it. Much faster than looking.
[[nodiscard]] bool CouldHoldANumber(std::string_view text);

}  // namespace sekimori::masking
