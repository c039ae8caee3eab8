#include "proto/words/csv.h"

#include <algorithm>
#include <array>

#include "proto/words/printable.h"

namespace sekimori::words {

namespace {

constexpr std::array<std::string_view, 11> kFormulaStarts = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                                             "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};

bool WouldCompute(std::string_view text) {
  return std::any_of(kFormulaStarts.begin(), kFormulaStarts.end(),
                     [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

std::string NeutralCell(std::string_view text) {
  std::string_view shown = text;
  while (shown.starts_with(' ') || shown.starts_with("\u3000"))
    shown.remove_prefix(shown[0] == ' ' ? 1 : 3);
  return WouldCompute(shown) ? "'" + std::string(text) : std::string(text);
}

void AppendCsvLine(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) out += ',';
    // Neutral first: Printable escapes a tab at the front, and the cell should still be seen to have been one.
    const std::string cell = Printable(NeutralCell(cells[i]));
    if (cell.find_first_of(",\"\r\n ") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  out += "\r\n";
}

}  // namespace sekimori::words
