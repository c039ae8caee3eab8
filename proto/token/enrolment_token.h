// The text of an enrolment token: "SKM1." and base64url without padding of a serialized EnrolmentToken. Read by agent
// and collector, written by sekimorictl. Secret: nothing here logs it, and errors never repeat any of it. Req: R12
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::token {

inline constexpr std::size_t kMaxText = 2048;  // characters of a token, all told
inline constexpr std::size_t kSecretSize = 32;

// Wipes itself; cannot be printed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  [[nodiscard]] static Result<Secret> Random();
  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] signing::Sha256Hash Digest() const;

 private:
  std::array<char, kSecretSize> bytes_{};
};

struct EnrolmentToken {
  std::string host;         // DNS name or address to dial; 1–253 characters of [A-Za-z0-9.:_-]
  std::uint16_t port = 0;   // never 0
  std::string server_name;  // what the collector's certificate must carry; as host
  signing::Sha256Hash ca_sha256{};
  std::string id;  // 1–64 characters of [A-Za-z0-9-]
  Secret secret;
  std::chrono::sys_time<std::chrono::microseconds> expires;
};

// kInvalid when a field is out of its shape.
[[nodiscard]] Result<std::string> Print(const EnrolmentToken& token);
// Accepts white space around the text, nothing else. kInvalid, kTooLarge. Does not look at the clock.
[[nodiscard]] Result<EnrolmentToken> Parse(std::string_view text);

// Overwrites the characters before they are given back.
void Wipe(std::string& text);

}  // namespace sekimori::token
