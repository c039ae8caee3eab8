// Line by line difference of two texts, in the form of `diff -u`. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sekimori::ctl {

// Empty when the texts are equal. `before_name` and `after_name` stand in the two heading lines. Lines are made
// printable. Texts too unlike to be compared in bounded time and memory give one block: all of one, all of the other.
[[nodiscard]] std::string TextDiff(std::string_view before, std::string_view after, std::string_view before_name,
                                   std::string_view after_name);

}  // namespace sekimori::ctl
