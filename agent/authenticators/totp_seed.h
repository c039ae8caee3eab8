// The secret of a TOTP credential as the store keeps it, and the codes it gives (RFC 6238, by liboath). Req: R04
// Bytes: version 1 · algorithm · digits · period in seconds · seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/model/secret.h"
#include "proto/result.h"

namespace sekimori::authenticators {

enum class TotpAlgorithm : std::uint8_t { kSha1 = 1, kSha256, kSha512 };

struct TotpSeed {
  static constexpr std::size_t kShortest = 16, kLongest = 128;  // bytes; RFC 4226 asks for 16 at least
  static constexpr std::uint8_t kFewestDigits = 6, kMostDigits = 8;
  static constexpr std::uint8_t kShortestPeriod = 15, kLongestPeriod = 120;

  TotpAlgorithm algorithm = TotpAlgorithm::kSha1;
  std::uint8_t digits = 6;
  std::uint8_t period = 30;
  model::Secret seed;
};

// kCorrupt: another version, an algorithm we do not know, or outside the bounds above.
[[nodiscard]] Result<TotpSeed> ParseTotpSeed(std::string_view bytes);
// kInvalid: outside the bounds above.
[[nodiscard]] Result<model::Secret> EncodeTotpSeed(const TotpSeed& seed);

// The code of a time step: `seed.digits` digits. kInternal: liboath refused.
[[nodiscard]] Result<model::Secret> TotpCode(const TotpSeed& seed, std::uint64_t step);

}  // namespace sekimori::authenticators
