// A QR code in the characters of a terminal. Pure. Source: ISO/IEC 18004, by libqrencode.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.h"

namespace sekimori::cli {

// Square; what is round it belongs to it: four light modules on every side (ISO/IEC 18004, 9.1), without which many
// phones do not see it.
struct QrCode {
  static constexpr std::size_t kQuiet = 4;
  std::size_t side = 0;    // modules, the quiet zone included
  std::vector<bool> dark;  // by rows
};

// kTooLarge: more than a QR code holds.
[[nodiscard]] Result<QrCode> MakeQr(std::string_view text);

// Two modules above each other in one character: as wide as `side`, half as high, a line each. With `colours` black on
// white whatever the terminal's own are; without, light where the terminal writes, which is right on a dark one.
[[nodiscard]] std::string QrText(const QrCode& code, bool colours);

}  // namespace sekimori::cli
