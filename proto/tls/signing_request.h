// Certificate signing requests (PKCS #10, RFC 2986): the terminal shows it holds the key; everything else in it is
// ignored by the collector.
#pragma once

#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::tls {

inline constexpr std::size_t kMaxSigningRequest = 4096;  // DER bytes

// DER, subject empty.
[[nodiscard]] Result<std::string> MakeSigningRequest(const signing::SigningKey& key);

// The key the request is for. kInvalid: not a request, or not a P-256 key; kUntrusted: not signed by that key;
// kTooLarge.
[[nodiscard]] Result<signing::VerifyKey> CheckSigningRequest(std::string_view der);

}  // namespace sekimori::tls
