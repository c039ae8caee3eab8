// How our programs read their command line: what CLI11 says of its own around our texts is said in the user's language.
#pragma once

#include <optional>

#include <CLI/CLI.hpp>

#include "proto/words/words.h"

namespace sekimori::console {

inline constexpr int kWrongCommandLine = 64;  // sysexits.h, EX_USAGE

// Empty: go on. Otherwise the program is to end with this status: 0 after help or version, which went to stdout,
// kWrongCommandLine after a command line that is not as `app` wants it, with a sentence on stderr that names the app.
[[nodiscard]] std::optional<int> Parse(CLI::App& app, int argc, const char* const* argv, words::Language language);

}  // namespace sekimori::console
