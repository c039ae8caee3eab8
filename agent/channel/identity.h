// The terminal's own key and certificate in the agent's state directory: terminal.key, terminal.pub, terminal.crt,
// ca.crt. The private key is made here at the first start and never leaves. Req: R12
#pragma once

#include <filesystem>
#include <optional>

#include "proto/result.h"
#include "proto/signing/key.h"
#include "proto/tls/certificate.h"

namespace sekimori::channel {

inline constexpr std::string_view kKeyFile = "terminal.key";
// The key's public half alone, a SubjectPublicKeyInfo in DER: all that is needed to verify the log.
inline constexpr std::string_view kPublicKeyFile = "terminal.pub";
inline constexpr std::string_view kCertificateFile = "terminal.crt";
inline constexpr std::string_view kCaFile = "ca.crt";

// Loads the key, or makes it if there is none. A key that is there and cannot be read is an error, never replaced: the
// log's checkpoints and the certificate hang on it. Puts the public half beside it where that is missing or another's.
[[nodiscard]] Result<signing::SigningKey> LoadOrMakeKey(const std::filesystem::path& state_directory);

struct Credentials {
  tls::Certificate certificate;
  tls::Certificate ca;
};

// kNotFound: not enrolled. kUntrusted: the files do not belong together or not to this key.
[[nodiscard]] Result<Credentials> LoadCredentials(const std::filesystem::path& state_directory,
                                                  const signing::SigningKey& key);
// Each file whole and durable; the CA first.
[[nodiscard]] Status SaveCredentials(const std::filesystem::path& state_directory, const Credentials& credentials);

// kUntrusted unless `certificate` was issued by `ca` for this key and this terminal.
[[nodiscard]] Status CheckCredentials(const Credentials& credentials, const signing::SigningKey& key,
                                      const std::string& terminal_id);

}  // namespace sekimori::channel
