#include "agent/enrolment/totp_uri.h"

#include <cstddef>
#include <string>

namespace sekimori::enrolment {
namespace {

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHexadecimal = "0123456789ABCDEF";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                       std::string_view("-._~").find(each) != std::string_view::npos;
    if (plain) {
      out.push_back(each);
    } else {
      out.push_back('%');
      out.push_back(kHexadecimal[byte >> 4U]);
      out.push_back(kHexadecimal[byte & 15U]);
    }
  }
}

// Without "=" at the end, which the apps do not want.
void AppendBase32(std::string& out, std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  unsigned held = 0;  // of `bits` bits
  unsigned bits = 0;
  for (const char each : bytes) {
    held = (held << 8U | static_cast<unsigned char>(each)) & 0xFFFU;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kAlphabet[held >> bits & 31U]);
    }
  }
  if (bits > 0) out.push_back(kAlphabet[held << (5 - bits) & 31U]);
}

}  // namespace

model::Secret TotpUri(std::string_view issuer, std::string_view account, const authenticators::TotpSeed& seed) {
  std::string uri;
  // Never grows, so that nothing of the seed stays behind where it grew from.
  uri.reserve(64 + 6 * issuer.size() + 3 * account.size() + 2 * seed.seed.bytes().size());
  uri += "otpauth://totp/";
  AppendEncoded(uri, issuer);
  uri += ':';
  AppendEncoded(uri, account);
  uri += "?secret=";
  AppendBase32(uri, seed.seed.bytes());
  uri += "&issuer=";
  AppendEncoded(uri, issuer);
  model::Secret secret(uri);
  model::WipeBytes(uri.data(), uri.size());
  return secret;
}

}  // namespace sekimori::enrolment
