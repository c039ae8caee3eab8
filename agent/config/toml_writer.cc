#include "agent/config/toml_writer.h"

#include <array>
#include <cstdio>

namespace sekimori::config {

std::string TomlText(std::string_view utf8) {
  std::string text = "\"";
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04X", static_cast<unsigned>(byte));
      text += escaped.data();
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string TomlId(std::uint16_t value) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\"%04x\"", static_cast<unsigned>(value));
  return text.data();
}

std::string TomlClass(const model::InterfaceClass& kind) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\"%02x:%02x:%02x\"", static_cast<unsigned>(kind.class_code),
                static_cast<unsigned>(kind.subclass), static_cast<unsigned>(kind.protocol));
  return text.data();
}

}  // namespace sekimori::config
