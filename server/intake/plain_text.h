// What a peer says of itself, as it may be stored and shown. Pure.
#pragma once

#include <string>

namespace sekimori::intake {

// Good UTF-8 of at most `max_bytes` (≥ 3), cut between characters and then ending in "…". A NUL, which a message may
// carry and not every database takes in a text, becomes a space.
[[nodiscard]] std::string PlainText(std::string text, std::size_t max_bytes);

}  // namespace sekimori::intake
