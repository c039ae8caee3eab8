#include "server/authority/tokens.h"

#include <array>
#include <utility>

#include <openssl/rand.h>

#include "proto/token/enrolment_token.h"

namespace sekimori::authority {
namespace {

template <std::size_t N>
Result<std::array<std::uint8_t, N>> RandomBytes() {
  std::array<std::uint8_t, N> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorCode::kInternal, "random bytes", "none from the system"};
  }
  return bytes;
}

}  // namespace

Result<MadeToken> MakeToken(const TokenTerms& terms, const tls::Certificate& ca) {
  Result<std::array<std::uint8_t, 8>> id = RandomBytes<8>();
  if (!id.ok()) return id.error();
  Result<token::Secret> secret = token::Secret::Random();
  if (!secret.ok()) return secret.error();
  token::EnrolmentToken made;
  made.host = terms.host;
  made.port = terms.port;
  made.server_name = terms.server_name.empty() ? terms.host : terms.server_name;
  made.ca_sha256 = ca.fingerprint();
  made.id = signing::Hex(id.value());
  made.secret = secret.value();
  made.expires = terms.expires;
  Result<std::string> text = token::Print(made);
  if (!text.ok()) return text.error();
  return MadeToken{made.id, std::move(text).value(), made.secret.Digest()};
}

Result<std::string> MakeUuid() {
  Result<std::array<std::uint8_t, 16>> random = RandomBytes<16>();
  if (!random.ok()) return random.error();
  std::array<std::uint8_t, 16> bytes = random.value();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  std::string text = signing::Hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U})
    text.insert(at, 1, '-');
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace sekimori::authority
