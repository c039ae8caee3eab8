// What is shown of a seed while its first code is waited for. On a terminal it has the screen to itself, and when it
// goes nothing of the seed is left there; elsewhere a line with the URI, for a program. One thread. Req: R04
#pragma once

#include <string>
#include <string_view>

#include "agent/cli/console.h"
#include "agent/cli/qr.h"

namespace sekimori::cli {

struct ScreenTerms {
  bool interactive = false;  // a person sees stdout and types
  bool qr = false;           // wanted; shown where it fits
  bool colours = false;      // the terminal understands control sequences
  std::size_t rows = 0;      // 0: as many as are needed
  std::size_t columns = 0;
};

// How it is here, for stdin, stdout and TERM.
[[nodiscard]] ScreenTerms TermsHere(bool json, bool no_qr);

class TotpScreen {
 public:
  TotpScreen(Console& console, const ScreenTerms& terms, std::string user, std::string uri);
  ~TotpScreen() { Leave(); }
  TotpScreen(const TotpScreen&) = delete;
  TotpScreen& operator=(const TotpScreen&) = delete;

  // Everything, with `notice` (empty: none) where it is seen, and the question.
  void Show(const std::string& notice);
  // The other half, where not everything fits the screen at once.
  void Turn();
  // Nothing of the seed stays on the screen. Safe to repeat.
  void Leave();

 private:
  [[nodiscard]] std::string ByHand() const;
  void Lay(bool qr, bool by_hand, const std::string& notice);

  Console& console_;
  const ScreenTerms terms_;
  const std::string user_, uri_;
  std::string qr_;  // its text; empty: not wanted, or it fits nowhere
  std::size_t qr_side_ = 0;
  bool too_small_ = false;  // the window, for the code
  bool both_ = true;        // fit
  bool by_hand_ = false;    // of the two, shown now
  bool shown_ = false;      // at least once
};

// "GEZD GNBV …": the seed in a URI, to be typed.
[[nodiscard]] std::string SeedInGroups(std::string_view uri);

}  // namespace sekimori::cli
