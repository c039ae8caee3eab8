#include "proto/signing/sha256.h"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

namespace sekimori::signing {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once: EVP_sha256() would make OpenSSL 3 look its provider up again at every call. Immutable once made, and
// shared by all threads (EVP_MD_fetch(3)).
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

Sha256Hash Sha256(std::initializer_list<std::string_view> parts) {
  // One context a thread: making one costs more than hashing a record. It carries nothing over, for each call
  // initialises it anew.
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  Sha256Hash hash{};
  bool done = context != nullptr && EVP_DigestInit_ex2(context.get(), Algorithm(), nullptr) == 1;
  for (const std::string_view part : parts)
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  done = done && EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  // Without SHA-256 nothing here can be trusted, and no caller could go on.
  if (!done) std::abort();
  return hash;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.push_back(kDigits[value >> 4U]);
    text.push_back(kDigits[value & 15U]);
  }
  return text;
}

}  // namespace sekimori::signing
