#include "agent/cli/qr.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <qrencode.h>

namespace sekimori::cli {

namespace {

struct FreeQr {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

// xterm's 256 colours (xterm's ctlseqs): the 16 of old are what each user's scheme makes of them.
constexpr std::string_view kBlackOnWhite = "\x1b[38;5;16;48;5;231m";
constexpr std::string_view kAsBefore = "\x1b[0m";

// A character of two modules in the colour that is written in; nothing where both are in the other.
std::string_view Halves(bool upper, bool lower) {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}

}  // namespace

Result<QrCode> MakeQr(std::string_view text) {
  const std::unique_ptr<QRcode, FreeQr> made(QRcode_encodeData(
      static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L));
  if (!made && errno == ERANGE) return Error{ErrorCode::kTooLarge, "QR code", "more than it can hold"};
  if (!made) return Error{ErrorCode::kInternal, "QR code", std::string("libqrencode: ") + std::strerror(errno)};
  const auto width = static_cast<std::size_t>(made->width);
  QrCode code{.side = width + 2 * QrCode::kQuiet, .dark = {}};
  code.dark.resize(code.side * code.side);
  for (std::size_t row = 0; row < width; ++row)
    for (std::size_t column = 0; column < width; ++column)
      code.dark[(row + QrCode::kQuiet) * code.side + column + QrCode::kQuiet] =
          (made->data[row * width + column] & 1U) != 0;
  return code;
}

std::string QrText(const QrCode& code, bool colours) {
  std::string text;
  for (std::size_t row = 0; row < code.side; row += 2) {
    if (colours) text += kBlackOnWhite;
    for (std::size_t column = 0; column < code.side; ++column) {
      const bool upper = code.dark[row * code.side + column];
      // The last row of an odd number has light below it.
      const bool lower = row + 1 < code.side && code.dark[(row + 1) * code.side + column];
      text += colours ? Halves(upper, lower) : Halves(!upper, !lower);
    }
    if (colours) text += kAsBefore;
    text += "\n";
  }
  return text;
}

}  // namespace sekimori::cli
