// Which texts may stand in a configuration file. Pure. Texts are valid UTF-8 (the TOML parser saw to that) except where
// a function says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekimori::toml_text {

// Code points.
[[nodiscard]] std::size_t CharacterCount(std::string_view utf8);

// A control character (C0, DEL, C1), a line or paragraph separator, or a mark that turns the direction of writing, as
// "U+202E"; nullopt if there is none.
[[nodiscard]] std::optional<std::string> FirstForbiddenCharacter(std::string_view utf8);

// The text, quoted and shortened, for an error message: nothing in it can act on a terminal.
[[nodiscard]] std::string Quoted(std::string_view utf8);

// Whether any bytes are UTF-8: shortest forms only, no surrogates (RFC 3629).
[[nodiscard]] bool IsUtf8(std::string_view bytes);

// Any bytes as a text that may stand in a file: what is no UTF-8 or may not stand there becomes U+FFFD, and the rest
// after `max_characters` is cut.
[[nodiscard]] std::string Harmless(std::string_view bytes, std::size_t max_characters);

// The one of `known` that was probably meant, if any is near enough.
[[nodiscard]] std::optional<std::string_view> Nearest(std::string_view word,
                                                      const std::vector<std::string_view>& known);

// Deepest bracket nesting and longest dotted key of a TOML text, before it is parsed; nullopt if within the bounds,
// else the line that breaks them.
inline constexpr std::size_t kMaxNesting = 16;
inline constexpr std::size_t kMaxDots = 16;
[[nodiscard]] std::optional<std::uint32_t> FirstLineNestedTooDeep(std::string_view toml);

}  // namespace sekimori::toml_text
