// Turns a USB string descriptor into text that is safe to show, log and compare. Pure and bounded. Req: R02, R05
// Source: USB 2.0 specification, 9.6.7 UNICODE String Descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sekimori::drivers {

// Valid UTF-8 of at most 126 characters (the most a descriptor of 255 bytes can hold). Replaced by U+FFFD, one for one:
// unpaired surrogates, control characters, line separators, characters that change the direction of text or cannot be
// seen, private-use and non-characters. NULs at the end are padding and left out; one inside is replaced, so that
// "A\0B" is never taken for "A". Nothing else is trimmed or folded: "a" and "A" are two serial numbers.
// `descriptor` is what the device sent, header included; empty text if it is no string descriptor.
[[nodiscard]] std::string DecodeUsbString(std::span<const std::byte> descriptor);

// The first language of string descriptor zero; nullopt if it holds none.
[[nodiscard]] std::optional<std::uint16_t> FirstLanguage(std::span<const std::byte> descriptor);

}  // namespace sekimori::drivers
