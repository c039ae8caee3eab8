// CSV that a spreadsheet opens without harm: RFC 4180 quoting, CRLF, and cells that it would take for a formula made
// text. What a device calls itself ends up in these cells. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekimori::words {

// U+FEFF first in the file: without it Excel reads UTF-8 as the system's code page.
inline constexpr std::string_view kCsvMark = "\xef\xbb\xbf";

// The cell, with an apostrophe before it if a spreadsheet would compute it: beginning with = + - @, their full-width
// forms, tab, carriage return or line feed (OWASP, CSV Injection). White space before does not hide one.
[[nodiscard]] std::string NeutralCell(std::string_view text);

// Appends one line. Cells are made printable and neutral.
void AppendCsvLine(std::string& out, const std::vector<std::string>& cells);

}  // namespace sekimori::words
