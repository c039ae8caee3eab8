// SHA-256 (FIPS 180-4) by OpenSSL, and bytes as text. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sekimori::signing {

using Sha256Hash = std::array<std::uint8_t, 32>;

// Over the parts as if they were one string.
[[nodiscard]] Sha256Hash Sha256(std::initializer_list<std::string_view> parts);
[[nodiscard]] inline Sha256Hash Sha256(std::string_view bytes) {
  return Sha256({bytes});
}

// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string Hex(std::string_view bytes);
template <std::size_t N>
[[nodiscard]] std::string Hex(const std::array<std::uint8_t, N>& bytes) {
  return Hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}
template <std::size_t N>
[[nodiscard]] std::string_view AsBytes(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

}  // namespace sekimori::signing
