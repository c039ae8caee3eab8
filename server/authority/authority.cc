#include "server/authority/authority.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "proto/files/durable_file.h"
#include "proto/signing/signed_document.h"
#include "proto/tls/signing_request.h"
#include "server/authority/issue.h"

namespace sekimori::authority {
namespace {

constexpr std::array kFiles = {kCaKey, kCaCertificate, kServerKey, kServerCertificate, kPolicyKey, kLogKey};
constexpr std::size_t kMaxHosts = 32;
constexpr std::size_t kMaxSiteName = 40;
// Clocks of terminals lag; a certificate that begins in their future would be refused.
constexpr std::chrono::hours kBackdate{24};

Status CheckTerms(const SiteTerms& terms) {
  const auto invalid = [](std::string detail) { return Error{ErrorCode::kInvalid, "site", std::move(detail)}; };
  if (terms.hosts.empty() || terms.hosts.size() > kMaxHosts) return invalid("expected 1 to 32 names or addresses");
  if (Characters(terms.site_name) > kMaxSiteName) return invalid("the site's name is longer than 40 characters");
  if (terms.ca_life.count() < 1 || terms.server_life.count() < 1 || terms.terminal_life.count() < 1) {
    return invalid("a certificate's life must be a day at least");
  }
  return Status::Ok();
}

Status PrepareDirectory(const std::filesystem::path& directory) {
  std::error_code failure;
  if (std::filesystem::create_directories(directory, failure)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failure);
  }
  if (failure) return Error{ErrorCode::kIo, directory.string(), failure.message()};
  for (const std::string_view name : kFiles) {
    if (std::filesystem::exists(directory / name, failure)) {
      return Error{ErrorCode::kExists, (directory / name).string(), "there is an authority here already"};
    }
  }
  return Status::Ok();
}

Result<tls::Certificate> IssueServer(const std::string& site_id, const std::vector<std::string>& hosts,
                                     const signing::SigningKey& key, const tls::Certificate& ca,
                                     const signing::SigningKey& ca_key, Now now, std::chrono::days life) {
  CertificateTerms terms;
  terms.purpose = Purpose::kServer;
  terms.organization = site_id;
  terms.common_name = "sekimori-collector";
  terms.hosts = hosts;
  terms.not_before = std::max<Now>(now - kBackdate, ca.not_before());
  terms.not_after = std::min<Now>(now + life, ca.not_after());
  return Issue(terms, key.public_key(), &ca, ca_key);
}

Result<tls::Certificate> LoadCertificate(const std::filesystem::path& path) {
  Result<std::string> pem = files::ReadSmall(path, 4 * tls::kMaxCertificate);
  if (!pem.ok()) return pem.error();
  Result<tls::Certificate> certificate = tls::Certificate::FromPem(pem.value());
  if (!certificate.ok()) return Error{certificate.error().code, path.string(), certificate.error().detail};
  return certificate;
}

bool Holds(const signing::SigningKey& key, const tls::Certificate& certificate) {
  Result<signing::VerifyKey> in_certificate = certificate.PublicKey();
  return in_certificate.ok() && in_certificate.value().key_id() == key.public_key().key_id();
}

}  // namespace

Authority::Authority(std::filesystem::path directory, signing::SigningKey ca_key, tls::Certificate ca,
                     signing::SigningKey server_key, tls::Certificate server, signing::SigningKey policy_key,
                     signing::SigningKey log_key)
    : directory_(std::move(directory)),
      ca_key_(std::move(ca_key)),
      ca_(std::move(ca)),
      server_key_(std::move(server_key)),
      server_(std::move(server)),
      policy_key_(std::move(policy_key)),
      log_key_(std::move(log_key)) {}

Result<Authority> Authority::Create(const std::filesystem::path& directory, const SiteTerms& terms, Now now) {
  if (Status status = CheckTerms(terms); !status.ok()) return status.error();
  Result<signing::SigningKey> ca_key = signing::SigningKey::Generate();
  Result<signing::SigningKey> server_key = signing::SigningKey::Generate();
  Result<signing::SigningKey> policy_key = signing::SigningKey::Generate();
  Result<signing::SigningKey> log_key = signing::SigningKey::Generate();
  for (const auto* key : {&ca_key, &server_key, &policy_key, &log_key}) {
    if (!key->ok()) return key->error();
  }
  CertificateTerms ca_terms;
  ca_terms.purpose = Purpose::kAuthority;
  ca_terms.organization = terms.site_id;
  ca_terms.common_name = terms.site_name.empty() ? "Sekimori CA" : "Sekimori CA " + terms.site_name;
  ca_terms.not_before = now - kBackdate;
  ca_terms.not_after = now + terms.ca_life;
  Result<tls::Certificate> ca = Issue(ca_terms, ca_key.value().public_key(), nullptr, ca_key.value());
  if (!ca.ok()) return ca.error();
  Result<tls::Certificate> server =
      IssueServer(terms.site_id, terms.hosts, server_key.value(), ca.value(), ca_key.value(), now, terms.server_life);
  if (!server.ok()) return server.error();

  // Everything is made before anything is written, so bad terms leave no trace.
  if (Status status = PrepareDirectory(directory); !status.ok()) return status.error();
  const std::array keys = {std::pair(kCaKey, &ca_key), std::pair(kServerKey, &server_key),
                           std::pair(kPolicyKey, &policy_key), std::pair(kLogKey, &log_key)};
  for (const auto& [name, key] : keys) {
    if (Status status = key->value().SaveNew(directory / name); !status.ok()) return status.error();
  }
  if (Status status = files::WriteNew(directory / kServerCertificate, server.value().Pem()); !status.ok()) {
    return status.error();
  }
  if (Status status = files::WriteNew(directory / kCaCertificate, ca.value().Pem()); !status.ok()) {
    return status.error();
  }
  Authority authority(directory, std::move(ca_key).value(), std::move(ca).value(), std::move(server_key).value(),
                      std::move(server).value(), std::move(policy_key).value(), std::move(log_key).value());
  authority.set_terminal_life(terms.terminal_life);
  return authority;
}

Result<Authority> Authority::Open(const std::filesystem::path& directory) {
  Result<tls::Certificate> ca = LoadCertificate(directory / kCaCertificate);
  if (!ca.ok()) return ca.error();
  Result<tls::Certificate> server = LoadCertificate(directory / kServerCertificate);
  if (!server.ok()) return server.error();
  Result<signing::SigningKey> ca_key = signing::SigningKey::Load(directory / kCaKey);
  Result<signing::SigningKey> server_key = signing::SigningKey::Load(directory / kServerKey);
  Result<signing::SigningKey> policy_key = signing::SigningKey::Load(directory / kPolicyKey);
  Result<signing::SigningKey> log_key = signing::SigningKey::Load(directory / kLogKey);
  for (const auto* key : {&ca_key, &server_key, &policy_key, &log_key}) {
    if (!key->ok()) return key->error();
  }
  if (!Holds(ca_key.value(), ca.value()) || !Holds(server_key.value(), server.value()) ||
      !server.value().IssuedBy(ca.value())) {
    return Error{ErrorCode::kUntrusted, directory.string(), "keys and certificates do not belong together"};
  }
  return Authority(directory, std::move(ca_key).value(), std::move(ca).value(), std::move(server_key).value(),
                   std::move(server).value(), std::move(policy_key).value(), std::move(log_key).value());
}

Result<tls::Certificate> Authority::IssueTerminal(std::string_view terminal_id, std::string_view request_der,
                                                  Now now) const {
  Result<signing::VerifyKey> key = tls::CheckSigningRequest(request_der);
  if (!key.ok()) return key.error();
  CertificateTerms terms;
  terms.purpose = Purpose::kTerminal;
  terms.organization = site_id();
  terms.common_name = std::string(terminal_id);
  terms.not_before = std::max<Now>(now - kBackdate, ca_.not_before());
  terms.not_after = std::min<Now>(now + terminal_life_, ca_.not_after());
  return Issue(terms, key.value(), &ca_, ca_key_);
}

Status Authority::RenewServer(const std::vector<std::string>& hosts, Now now) {
  // The key stays: replacing two files is never one act, and a key without its certificate would stop the collector.
  Result<tls::Certificate> fresh =
      IssueServer(site_id(), hosts, server_key_, ca_, ca_key_, now, SiteTerms{}.server_life);
  if (!fresh.ok()) return fresh.error();
  if (Status status = files::Replace(directory_ / kServerCertificate, fresh.value().Pem()); !status.ok()) return status;
  server_ = std::move(fresh).value();
  return Status::Ok();
}

Result<proto::SignedDocument> Authority::SignPolicy(const proto::PolicyDocument& document) const {
  return signing::SignDocument(policy_key_, proto::DOCUMENT_POLICY, document.SerializeAsString());
}

}  // namespace sekimori::authority
