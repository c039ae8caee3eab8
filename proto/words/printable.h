// Printable(): text from a device, a file or a peer made safe to show. Req: R06
// A USB device chooses its own name; without this it could forge log lines, hide text or drive the reader's terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sekimori::words {

// Valid UTF-8 out, whatever comes in. Bytes that are not UTF-8 become U+FFFD. Control characters (C0, DEL, C1, line and
// paragraph separators), direction controls (Unicode TR 9), zero-width and tag characters become "\u{1b}"-like escapes.
// Applying it twice changes nothing more.
[[nodiscard]] std::string Printable(std::string_view text);

// A JSON text (RFC 8259) in which every such character beyond ASCII stands as a \uXXXX escape: whoever parses it reads
// the same, whoever looks at it is safe. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string PrintableJson(std::string_view json);

// Terminal columns `text` takes: 2 for East Asian wide and fullwidth characters (Unicode TR 11), 0 for combining marks.
[[nodiscard]] std::size_t DisplayWidth(std::string_view text);

// `text` cut to at most `columns` columns, with "…" at the end if anything was cut. Never splits a character.
[[nodiscard]] std::string CutToWidth(std::string_view text, std::size_t columns);

}  // namespace sekimori::words
