// Digits as people type them: half or full width (an input method left on), with spaces or hyphens between. Req: R04
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agent/model/secret.h"

namespace sekimori::model {

// The digits in ASCII; nullopt when there is anything else in it, none, or more than `most`.
[[nodiscard]] inline std::optional<Secret> TypedDigits(std::string_view typed, std::size_t most) {
  // U+FF10 … U+FF19 and U+3000 in UTF-8.
  constexpr std::string_view kWideDigit = "\xEF\xBC", kWideSpace = "\xE3\x80\x80";
  std::string digits;
  digits.reserve(most);  // never grows: what it leaves behind when freed is wiped below
  bool sound = true;
  while (sound && !typed.empty()) {
    char digit = 0;
    std::size_t taken = 1;
    if (typed[0] >= '0' && typed[0] <= '9') {
      digit = typed[0];
    } else if (typed.starts_with(kWideDigit) && typed.size() > 2 && typed[2] >= '\x90' && typed[2] <= '\x99') {
      digit = static_cast<char>('0' + (typed[2] - '\x90'));
      taken = 3;
    } else if (typed.starts_with(kWideSpace)) {
      taken = kWideSpace.size();
    } else if (typed[0] != ' ' && typed[0] != '-') {
      sound = false;
    }
    if (digit != 0 && digits.size() == most) sound = false;
    if (digit != 0 && sound) digits.push_back(digit);
    typed.remove_prefix(taken);
  }
  std::optional<Secret> found;
  if (sound && !digits.empty()) found.emplace(digits);
  WipeBytes(digits.data(), digits.size());
  return found;
}

}  // namespace sekimori::model
