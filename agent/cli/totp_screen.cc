#include "agent/cli/totp_screen.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/words/printable.h"

namespace sekimori::cli {

namespace {

// Source: xterm's ctlseqs. A screen of its own, where a terminal has one; it is cleared before it is left, for those
// that have not.
constexpr std::string_view kEnter = "\x1b[?1049h", kClear = "\x1b[H\x1b[2J", kBack = "\x1b[?1049l";

// Lines of text round a QR code: who, a notice, the question.
constexpr std::size_t kRowsRound = 3;

std::size_t RowsOf(const std::string& text, std::size_t columns) {
  std::size_t rows = 0;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::size_t width = words::DisplayWidth(text.substr(from, end - from));
    rows += columns == 0 ? 1 : std::max<std::size_t>(1, (width + columns - 1) / columns);
    from = end + 1;
  }
  return rows;
}

}  // namespace

std::string SeedInGroups(std::string_view uri) {
  constexpr std::string_view kBefore = "secret=";
  const std::size_t at = uri.find(kBefore);
  if (at == std::string_view::npos) return {};
  const std::string_view seed = uri.substr(at + kBefore.size(), uri.find('&', at) - at - kBefore.size());
  std::string groups;
  for (std::size_t each = 0; each < seed.size(); ++each) {
    if (each > 0 && each % 4 == 0) groups += ' ';
    groups += seed[each];
  }
  return groups;
}

ScreenTerms TermsHere(bool json, bool no_qr) {
  const char* const term = std::getenv("TERM");
  const bool seen = ::isatty(STDOUT_FILENO) == 1;
  ScreenTerms terms;
  terms.interactive = !json && seen && ::isatty(STDIN_FILENO) == 1;
  terms.qr = !json && !no_qr && seen;
  terms.colours = seen && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    terms.rows = size.ws_row;
    terms.columns = size.ws_col;
  }
  return terms;
}

TotpScreen::TotpScreen(Console& console, const ScreenTerms& terms, std::string user, std::string uri)
    : console_(console), terms_(terms), user_(std::move(user)), uri_(std::move(uri)) {
  if (!terms_.qr) return;
  const Result<QrCode> code = MakeQr(uri_);
  if (!code.ok()) return;
  qr_side_ = code.value().side;
  const std::size_t qr_rows = (qr_side_ + 1) / 2;
  const auto fits = [&](std::size_t rows) { return terms_.rows == 0 || rows <= terms_.rows; };
  too_small_ = !fits(qr_rows + kRowsRound) || (terms_.columns != 0 && qr_side_ > terms_.columns);
  if (too_small_) return;
  qr_ = QrText(code.value(), terms_.colours);
  both_ = !terms_.interactive || fits(qr_rows + RowsOf(ByHand(), terms_.columns) + kRowsRound);
}

std::string TotpScreen::ByHand() const {
  return console_.Say("cli_totp.by_hand", {{"seed", SeedInGroups(uri_)}}) + "\n" + uri_ + "\n";
}

void TotpScreen::Show(const std::string& notice) {
  if (!terms_.interactive) {
    // Once for a program; what a person is told goes beside it.
    if (!std::exchange(shown_, true)) {
      if (console_.json()) {
        console_.OutJson({{"user", user_}, {"uri", uri_}});
      } else {
        console_.Out(qr_);
        console_.OutLine(uri_);
      }
    }
    console_.Tell(notice.empty() ? console_.Say("cli_totp.ask") : notice + "\n" + console_.Say("cli_totp.ask"));
    (void)console_.Flush();
    return;
  }
  if (terms_.colours) console_.Out(std::exchange(shown_, true) ? kClear : std::string(kEnter) + std::string(kClear));
  Lay(!qr_.empty() && (both_ || !by_hand_), qr_.empty() || both_ || by_hand_, notice);
  (void)console_.Flush();
}

void TotpScreen::Lay(bool qr, bool by_hand, const std::string& notice) {
  console_.OutLine(console_.Say("cli_totp.for_whom", {{"user", user_}}));
  if (qr) console_.Out(qr_);
  if (too_small_)
    console_.OutLine(console_.Say("cli_totp.too_small", {{"columns", std::to_string(qr_side_)},
                                                         {"rows", std::to_string((qr_side_ + 1) / 2 + kRowsRound)}}));
  if (by_hand) console_.Out(ByHand());
  if (!notice.empty()) {
    console_.OutLine(notice);
  } else if (!both_) {
    console_.OutLine(console_.Say(by_hand_ ? "cli_totp.enter_for_qr" : "cli_totp.enter_for_text"));
  }
  console_.Out(console_.Say("cli_totp.ask") + " ");
}

void TotpScreen::Turn() {
  if (!both_) by_hand_ = !by_hand_;
}

void TotpScreen::Leave() {
  if (!terms_.interactive || !terms_.colours || !std::exchange(shown_, false)) return;
  console_.Out(kClear);
  console_.Out(kBack);
  (void)console_.Flush();
}

}  // namespace sekimori::cli
