#include "proto/token/enrolment_token.h"

#include <algorithm>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "proto/enrolment.pb.h"

namespace sekimori::token {
namespace {

constexpr std::string_view kPrefix = "SKM1.";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxId = 64;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetterOrDigit(c) || c == '.' || c == ':' || c == '_' || c == '-';
  });
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

std::string Encode(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<std::uint8_t>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      text += kAlphabet[(held >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += kAlphabet[(held << (6 - bits)) & 63U];
  return text;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = ((held << 6) | static_cast<std::uint32_t>(digit)) & 0xffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((held >> bits) & 0xffU);
    }
  }
  // One text for one token: left-over bits that are not zero, or a whole digit too many, are somebody's play.
  if (bits >= 6 || (held & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return bytes;
}

Error Invalid(std::string detail) {
  return Error{ErrorCode::kInvalid, "enrolment token", std::move(detail)};
}

Status CheckShape(const proto::EnrolmentToken& message) {
  if (!IsHost(message.host())) return Invalid("the collector's host is missing or malformed");
  if (!IsHost(message.server_name())) return Invalid("the collector's server name is missing or malformed");
  if (message.port() == 0 || message.port() > 65535) return Invalid("the port is not between 1 and 65535");
  if (message.ca_sha256().size() != 32) return Invalid("the CA's SHA-256 is not 32 bytes");
  if (!IsId(message.token_id())) return Invalid("the token's id is missing or malformed");
  if (message.secret().size() != kSecretSize) return Invalid("the secret is not 32 bytes");
  if (message.expires_us() <= 0) return Invalid("the expiry is missing");
  return Status::Ok();
}

}  // namespace

Secret::Secret(std::string_view bytes) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), kSecretSize), bytes_.begin());
}

Secret::~Secret() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<Secret> Secret::Random() {
  Secret secret;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.bytes_.data()), static_cast<int>(kSecretSize)) != 1) {
    return Error{ErrorCode::kInternal, "enrolment token", "no randomness from the system"};
  }
  return secret;
}

std::string_view Secret::bytes() const {
  return {bytes_.data(), bytes_.size()};
}

signing::Sha256Hash Secret::Digest() const {
  return signing::Sha256(bytes());
}

Result<std::string> Print(const EnrolmentToken& token) {
  proto::EnrolmentToken message;
  message.set_host(token.host);
  message.set_port(token.port);
  message.set_server_name(token.server_name);
  message.set_ca_sha256(std::string(signing::AsBytes(token.ca_sha256)));
  message.set_token_id(token.id);
  message.set_secret(std::string(token.secret.bytes()));
  message.set_expires_us(token.expires.time_since_epoch().count());
  const Status shape = CheckShape(message);
  std::string bytes = message.SerializeAsString();
  std::string text = std::string(kPrefix) + Encode(bytes);
  Wipe(bytes);
  Wipe(*message.mutable_secret());
  if (!shape.ok()) return shape.error();
  return text;
}

Result<EnrolmentToken> Parse(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return Invalid("empty; expected text that begins with SKM1.");
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.size() > kMaxText) return Error{ErrorCode::kTooLarge, "enrolment token", "longer than any token is"};
  if (text.substr(0, kPrefix.size()) != kPrefix) return Invalid("expected text that begins with SKM1.");
  std::optional<std::string> bytes = Decode(text.substr(kPrefix.size()));
  if (!bytes) return Invalid("not base64url without padding: cut off or mistyped");

  proto::EnrolmentToken message;
  const bool parsed = message.ParseFromString(*bytes);
  Wipe(*bytes);
  if (!parsed) return Invalid("cut off or damaged");
  if (Status shape = CheckShape(message); !shape.ok()) return shape.error();

  EnrolmentToken token;
  token.host = message.host();
  token.port = static_cast<std::uint16_t>(message.port());
  token.server_name = message.server_name();
  std::copy_n(message.ca_sha256().begin(), token.ca_sha256.size(), token.ca_sha256.begin());
  token.id = message.token_id();
  token.secret = Secret(message.secret());
  token.expires = std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(message.expires_us()));
  Wipe(*message.mutable_secret());
  return token;
}

void Wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace sekimori::token
