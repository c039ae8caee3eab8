// The catalogues' TOML text as the build embedded it (embed.cmake). Read by words.cc alone.
#pragma once

#include <string_view>

namespace sekimori::words {

[[nodiscard]] std::string_view CatalogueText_ja();
[[nodiscard]] std::string_view CatalogueText_en();

}  // namespace sekimori::words
