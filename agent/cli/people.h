// The machine's users by their numbers, for what is shown. May wait for the name service.
#pragma once

#include <cstdint>
#include <string>

namespace sekimori::cli {

// Without a name its number.
[[nodiscard]] std::string NameOf(std::uint32_t uid);

}  // namespace sekimori::cli
