#include "agent/channel/identity.h"

#include <utility>

#include "proto/files/durable_file.h"

namespace sekimori::channel {
namespace {

Result<tls::Certificate> LoadCertificate(const std::filesystem::path& path) {
  Result<std::string> pem = files::ReadSmall(path, 4 * tls::kMaxCertificate);
  if (!pem.ok()) return pem.error();
  Result<tls::Certificate> certificate = tls::Certificate::FromPem(pem.value());
  if (!certificate.ok()) return Error{ErrorCode::kCorrupt, path.string(), certificate.error().detail};
  return certificate;
}

// Only who verifies the log goes without it, and is told so then: no reason not to start.
void KeepPublicHalf(const std::filesystem::path& path, const signing::VerifyKey& key) {
  const Result<std::string> kept = files::ReadSmall(path, key.spki_der().size());
  if (!kept.ok() || kept.value() != key.spki_der()) (void)files::Replace(path, key.spki_der());
}

Result<signing::SigningKey> LoadOrMakePrivate(const std::filesystem::path& path) {
  Result<signing::SigningKey> key = signing::SigningKey::Load(path);
  if (key.ok() || key.error().code != ErrorCode::kNotFound) return key;
  Result<signing::SigningKey> made = signing::SigningKey::Generate();
  if (!made.ok()) return made;
  if (Status saved = made.value().SaveNew(path); !saved.ok()) return saved.error();
  return made;
}

}  // namespace

Result<signing::SigningKey> LoadOrMakeKey(const std::filesystem::path& state_directory) {
  Result<signing::SigningKey> key = LoadOrMakePrivate(state_directory / kKeyFile);
  if (key.ok()) KeepPublicHalf(state_directory / kPublicKeyFile, key.value().public_key());
  return key;
}

Status CheckCredentials(const Credentials& credentials, const signing::SigningKey& key,
                        const std::string& terminal_id) {
  const Result<signing::VerifyKey> certified = credentials.certificate.PublicKey();
  if (!certified.ok() || certified.value().key_id() != key.public_key().key_id()) {
    return Error{ErrorCode::kUntrusted, "certificate", "it is for another key than this terminal's"};
  }
  if (!credentials.certificate.IssuedBy(credentials.ca)) {
    return Error{ErrorCode::kUntrusted, "certificate", "it was not issued by the site's CA"};
  }
  if (!terminal_id.empty() && credentials.certificate.CommonName() != terminal_id) {
    return Error{ErrorCode::kUntrusted, "certificate", "it names another terminal"};
  }
  return Status::Ok();
}

Result<Credentials> LoadCredentials(const std::filesystem::path& state_directory, const signing::SigningKey& key) {
  Result<tls::Certificate> certificate = LoadCertificate(state_directory / kCertificateFile);
  if (!certificate.ok()) return certificate.error();
  Result<tls::Certificate> ca = LoadCertificate(state_directory / kCaFile);
  if (!ca.ok()) return ca.error();
  Credentials credentials{std::move(certificate).value(), std::move(ca).value()};
  if (Status good = CheckCredentials(credentials, key, ""); !good.ok()) return good.error();
  return credentials;
}

Status SaveCredentials(const std::filesystem::path& state_directory, const Credentials& credentials) {
  if (Status saved = files::Replace(state_directory / kCaFile, credentials.ca.Pem()); !saved.ok()) return saved;
  return files::Replace(state_directory / kCertificateFile, credentials.certificate.Pem());
}

}  // namespace sekimori::channel
