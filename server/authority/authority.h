// The site's authority: the CA that names terminals and the collector, and the keys that sign policy and the
// collector's own log. Four P-256 keys, each for one purpose, in one directory that only its owner can read. Req: R12
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "proto/policy.pb.h"
#include "proto/result.h"
#include "proto/signing/key.h"
#include "proto/tls/certificate.h"

namespace sekimori::authority {

using Now = std::chrono::sys_seconds;

// What makes a site, decided once.
struct SiteTerms {
  std::string site_id;             // UUID; stands in every certificate as the organization
  std::string site_name;           // for people; stands in the CA's common name; at most 40 characters
  std::vector<std::string> hosts;  // DNS names and addresses terminals may dial; 1–32
  std::chrono::days ca_life{7305};
  std::chrono::days server_life{825};
  std::chrono::days terminal_life{825};
};

// Files in the authority's directory.
inline constexpr std::string_view kCaKey = "ca.key";
inline constexpr std::string_view kCaCertificate = "ca.crt";
inline constexpr std::string_view kServerKey = "server.key";
inline constexpr std::string_view kServerCertificate = "server.crt";
inline constexpr std::string_view kPolicyKey = "policy.key";
inline constexpr std::string_view kLogKey = "log.key";

class Authority {
 public:
  // Makes all six files, 0600, in `directory`, which is made (0700) if need be. kExists, changing nothing, when any of
  // them is there already; kInvalid for terms out of their bounds.
  [[nodiscard]] static Result<Authority> Create(const std::filesystem::path& directory, const SiteTerms& terms,
                                                Now now);
  // kNotFound: `sekimorictl init` has not run here; kDenied: readable by others; kUntrusted: the files do not belong
  // together.
  [[nodiscard]] static Result<Authority> Open(const std::filesystem::path& directory);

  // For the key in `request_der` (PKCS #10), whose subject is ignored: common name `terminal_id`, for clients only, at
  // most as long as the CA itself. kInvalid, kUntrusted, kTooLarge: as tls::CheckSigningRequest.
  [[nodiscard]] Result<tls::Certificate> IssueTerminal(std::string_view terminal_id, std::string_view request_der,
                                                       Now now) const;
  // A new server certificate for these hosts, in place of the old one; the key stays. Terminals trust the CA and
  // follow.
  [[nodiscard]] Status RenewServer(const std::vector<std::string>& hosts, Now now);

  // Serialized once, signed by the policy key. kTooLarge.
  [[nodiscard]] Result<proto::SignedDocument> SignPolicy(const proto::PolicyDocument& document) const;

  [[nodiscard]] std::string site_id() const { return ca_.Organization(); }
  [[nodiscard]] const tls::Certificate& ca() const { return ca_; }
  [[nodiscard]] const tls::Certificate& server() const { return server_; }
  [[nodiscard]] const signing::SigningKey& server_key() const { return server_key_; }
  [[nodiscard]] const signing::SigningKey& policy_key() const { return policy_key_; }
  // Signs checkpoints of the collector's own log, and nothing else.
  [[nodiscard]] const signing::SigningKey& log_key() const { return log_key_; }
  // How long terminal certificates live from now on.
  void set_terminal_life(std::chrono::days life) { terminal_life_ = life; }

 private:
  Authority(std::filesystem::path directory, signing::SigningKey ca_key, tls::Certificate ca,
            signing::SigningKey server_key, tls::Certificate server, signing::SigningKey policy_key,
            signing::SigningKey log_key);
  std::filesystem::path directory_;
  signing::SigningKey ca_key_;
  tls::Certificate ca_;
  signing::SigningKey server_key_;
  tls::Certificate server_;
  signing::SigningKey policy_key_;
  signing::SigningKey log_key_;
  std::chrono::days terminal_life_{825};
};

}  // namespace sekimori::authority
