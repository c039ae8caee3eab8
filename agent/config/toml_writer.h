// Values as TOML text that ParseToml reads back the same. For the small files the agent writes itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/model/device.h"

namespace sekimori::config {

// A basic string in quotation marks. The text is valid UTF-8.
[[nodiscard]] std::string TomlText(std::string_view utf8);
// "\"046d\"".
[[nodiscard]] std::string TomlId(std::uint16_t value);
// "\"08:06:50\"".
[[nodiscard]] std::string TomlClass(const model::InterfaceClass& kind);

}  // namespace sekimori::config
