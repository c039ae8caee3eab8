// Message catalogues: every sentence a person reads, in Japanese and English, by key. Japanese first.
// Catalogues: proto/words/{ja,en}.toml, compiled in; tests/architecture checks that both have the same keys and the
// same {names}, that every key asked for exists and that none is left over. Any thread.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/result.h"

namespace sekimori::words {

enum class Language { kJapanese, kEnglish };

// From SEKIMORI_LANG, LC_ALL, LC_MESSAGES, LANG, the first one set and not empty: "en…", "C" and "POSIX" (also
// "C.UTF-8") are English, all else Japanese; Japanese when none is set.
[[nodiscard]] Language LanguageOfEnvironment();
// The same for one locale's name, as in LANG.
[[nodiscard]] Language LanguageOfLocale(std::string_view locale);

// A value for a {name} in the text. Values often come from a device or a peer, so Say passes every one through
// Printable() (printable.h): no value can forge a line, move the cursor or turn the writing direction.
using Value = std::pair<std::string_view, std::string>;

// The text under a dotted key ("decision.default"). A key that is missing (a defect; the tests look for it) gives the
// key itself. A {name} without a value stays as it is; text inside a value is never taken for a {name}.
[[nodiscard]] std::string Say(Language language, std::string_view key, std::initializer_list<Value> values = {});
[[nodiscard]] std::string Say(Language language, std::string_view key, std::span<const Value> values);

// The sentence for an error: what happened, where, and what to do next. Two lines without a final newline.
[[nodiscard]] std::string SayError(Language language, const Error& error);

}  // namespace sekimori::words
