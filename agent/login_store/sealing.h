// A secret sealed with the machine key together with what it belongs to (AES-256-GCM, NIST SP 800-38D): it opens only
// there, and only unchanged. Any thread. Inside of login_store. Req: R04
// Bytes: nonce (12, from chance) · ciphertext, as long as the secret · tag (16).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "agent/model/secret.h"
#include "agent/ports/random.h"
#include "proto/result.h"

namespace sekimori::login_store {

class Sealer {
 public:
  // A key of kKeySize bytes.
  explicit Sealer(model::Secret key) : key_(std::move(key)) {}

  // Random's error; kInternal: OpenSSL refused.
  [[nodiscard]] Result<std::string> Seal(std::string_view secret, std::string_view belongs_to,
                                         ports::Random& random) const;
  // kCorrupt: sealed with another key, for something else, or changed since.
  [[nodiscard]] Result<model::Secret> Open(std::string_view sealed, std::string_view belongs_to) const;

 private:
  model::Secret key_;
};

}  // namespace sekimori::login_store
