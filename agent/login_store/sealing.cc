#include "agent/login_store/sealing.h"

#include <array>
#include <cstddef>
#include <memory>

#include <openssl/evp.h>

#include "proto/signing/sha256.h"

namespace sekimori::login_store {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
int Size(std::string_view text) {
  return static_cast<int>(text.size());
}

Error Refused() {
  return Error{ErrorCode::kInternal, "sealing", "OpenSSL refused AES-256-GCM"};
}

// Wipes what a decryption wrote, whether it turned out sound or not.
class Plain {
 public:
  explicit Plain(std::size_t size) : bytes_(std::make_unique<char[]>(size + 1)), size_(size) {}
  ~Plain() { model::WipeBytes(bytes_.get(), size_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  [[nodiscard]] unsigned char* data() { return reinterpret_cast<unsigned char*>(bytes_.get()); }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace

Result<std::string> Sealer::Seal(std::string_view secret, std::string_view belongs_to, ports::Random& random) const {
  const Result<std::array<std::uint8_t, 32>> chance = random.Bytes();
  if (!chance.ok()) return chance.error();
  std::string sealed(signing::AsBytes(chance.value()).substr(0, kNonce));
  sealed.resize(kNonce + secret.size() + kTag);
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_.bytes()), out) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(belongs_to), Size(belongs_to)) != 1 ||
      EVP_EncryptUpdate(context.get(), out + kNonce, &size, Bytes(secret), Size(secret)) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out + kNonce + secret.size(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, out + kNonce + secret.size()) != 1)
    return Refused();
  return sealed;
}

Result<model::Secret> Sealer::Open(std::string_view sealed, std::string_view belongs_to) const {
  const Error damaged{ErrorCode::kCorrupt, "sealing", "sealed with another key or for something else, or changed"};
  if (sealed.size() < kNonce + kTag) return damaged;
  const std::string_view hidden = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::array<char, kTag> tag{};
  sealed.copy(tag.data(), kTag, sealed.size() - kTag);
  Plain plain(hidden.size());
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_.bytes()), Bytes(sealed)) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(belongs_to), Size(belongs_to)) != 1 ||
      EVP_DecryptUpdate(context.get(), plain.data(), &size, Bytes(hidden), Size(hidden)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) != 1)
    return Refused();
  if (EVP_DecryptFinal_ex(context.get(), plain.data() + hidden.size(), &size) != 1) return damaged;
  return model::Secret(plain.bytes());
}

}  // namespace sekimori::login_store
