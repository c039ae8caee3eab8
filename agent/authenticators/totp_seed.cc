#include "agent/authenticators/totp_seed.h"

#include <array>
#include <ctime>
#include <limits>
#include <optional>
#include <string>

#include <liboath/oath.h>

namespace sekimori::authenticators {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHeader = 4;

bool InBounds(const TotpSeed& seed) {
  const std::size_t size = seed.seed.bytes().size();
  return seed.digits >= TotpSeed::kFewestDigits && seed.digits <= TotpSeed::kMostDigits &&
         seed.period >= TotpSeed::kShortestPeriod && seed.period <= TotpSeed::kLongestPeriod &&
         size >= TotpSeed::kShortest && size <= TotpSeed::kLongest;
}

std::optional<int> OathFlags(TotpAlgorithm algorithm) {
  switch (algorithm) {
    case TotpAlgorithm::kSha1:
      return 0;
    case TotpAlgorithm::kSha256:
      return OATH_TOTP_HMAC_SHA256;
    case TotpAlgorithm::kSha512:
      return OATH_TOTP_HMAC_SHA512;
  }
  return std::nullopt;
}

Error Refused(int code) {
  const char* const name = oath_strerror_name(code);
  return {ErrorCode::kInternal, "liboath", name ? name : "unknown"};
}

}  // namespace

Result<TotpSeed> ParseTotpSeed(std::string_view bytes) {
  const Error corrupt{ErrorCode::kCorrupt, "TOTP credential", "not a seed as it was stored"};
  if (bytes.size() < kHeader || bytes[0] != kVersion) return corrupt;
  TotpSeed seed{static_cast<TotpAlgorithm>(bytes[1]), static_cast<std::uint8_t>(bytes[2]),
                static_cast<std::uint8_t>(bytes[3]), model::Secret(bytes.substr(kHeader))};
  if (!OathFlags(seed.algorithm) || !InBounds(seed)) return corrupt;
  return seed;
}

Result<model::Secret> EncodeTotpSeed(const TotpSeed& seed) {
  if (!OathFlags(seed.algorithm) || !InBounds(seed))
    return Error{ErrorCode::kInvalid, "TOTP seed", "algorithm, digits, period or length out of bounds"};
  std::array<char, kHeader + TotpSeed::kLongest> bytes{kVersion, static_cast<char>(seed.algorithm),
                                                       static_cast<char>(seed.digits), static_cast<char>(seed.period)};
  const std::size_t size = seed.seed.bytes().copy(bytes.data() + kHeader, TotpSeed::kLongest);
  model::Secret encoded({bytes.data(), kHeader + size});
  model::WipeBytes(bytes.data(), bytes.size());
  return encoded;
}

Result<model::Secret> TotpCode(const TotpSeed& seed, std::uint64_t step) {
  static const int kReady = oath_init();
  if (kReady != OATH_OK) return Refused(kReady);
  const std::optional<int> flags = OathFlags(seed.algorithm);
  constexpr auto kLastSecond = static_cast<std::uint64_t>(std::numeric_limits<std::time_t>::max());
  if (!flags || !InBounds(seed) || step > kLastSecond / seed.period) return Refused(OATH_INVALID_DIGITS);
  std::array<char, TotpSeed::kMostDigits + 1> code{};
  const std::string_view bytes = seed.seed.bytes();
  const int made = oath_totp_generate2(bytes.data(), bytes.size(), static_cast<std::time_t>(step * seed.period),
                                       seed.period, 0, seed.digits, *flags, code.data());
  if (made != OATH_OK) return Refused(made);
  model::Secret digits({code.data(), seed.digits});
  model::WipeBytes(code.data(), code.size());
  return digits;
}

}  // namespace sekimori::authenticators
