// Enrolment tokens as the collector makes and checks them: the text goes to the terminal, only a hash stays. Req: R12
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "proto/result.h"
#include "proto/signing/sha256.h"
#include "proto/tls/certificate.h"

namespace sekimori::authority {

struct TokenTerms {
  std::string host;  // what terminals dial
  std::uint16_t port = 0;
  std::string server_name;  // name or address in the server certificate; empty: as host
  std::chrono::sys_time<std::chrono::microseconds> expires;
};

struct MadeToken {
  std::string id;    // eight random bytes, hexadecimal: safe to show and log
  std::string text;  // "SKM1....": secret, shown once and kept nowhere
  signing::Sha256Hash secret_sha256{};
};

// Pins `ca`. kInvalid for terms out of shape.
[[nodiscard]] Result<MadeToken> MakeToken(const TokenTerms& terms, const tls::Certificate& ca);

// Random UUID, version 4 (RFC 9562), lower case.
[[nodiscard]] Result<std::string> MakeUuid();
[[nodiscard]] bool IsUuid(std::string_view text);

}  // namespace sekimori::authority
