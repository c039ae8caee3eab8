// Private keys in files, as unencrypted PKCS #8 in PEM.
#include <memory>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "proto/files/durable_file.h"
#include "proto/signing/key.h"

namespace sekimori::signing {
namespace {

constexpr std::size_t kMaxKeyFile = 4096;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

// OpenSSL's own callback would ask for a passphrase on the controlling terminal.
int NoPassphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

Result<SigningKey> SigningKey::Load(const std::filesystem::path& path) {
  Result<std::string> pem = files::ReadPrivate(path, kMaxKeyFile);
  if (!pem.ok()) return pem.error();
  const Bio bio(BIO_new_mem_buf(pem.value().data(), static_cast<int>(pem.value().size())));
  EvpKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr) : nullptr);
  OPENSSL_cleanse(pem.value().data(), pem.value().size());
  return FromNative(std::move(key), path.string());
}

Status SigningKey::SaveNew(const std::filesystem::path& path) const {
  // Its memory is wiped when it is freed (BIO_s_mem(3)).
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInternal, path.string(), "cannot write the key as PKCS #8"};
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return files::WriteNew(path, {bytes, static_cast<std::size_t>(size)});
}

}  // namespace sekimori::signing
