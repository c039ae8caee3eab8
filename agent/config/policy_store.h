// The policy store over files. /etc/sekimori/policy.toml is the site's; in the state directory the agent keeps
// `policy.signed` (the collector's last good policy), `policy.newest` (the newest version ever taken), `baseline.toml`
// and `enforcing` (the marker). Req: R02, R12
//
// A version once taken is never left for an older one, also when policy.signed is lost or put back from a copy: the
// newest version stands in a file of its own, and a policy.signed that falls short of it is refused.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/config/newest_policy.h"
#include "agent/config/policy_document.h"
#include "agent/ports/policy_store.h"
#include "agent/ports/site_store.h"
#include "proto/result.h"

namespace sekimori::config {

// Deciding thread only. Every call reads the files afresh.
class FilePolicyStore final : public ports::PolicyStore {
 public:
  // `site` outlives the store.
  FilePolicyStore(std::filesystem::path local_policy, const std::filesystem::path& state_directory,
                  const ports::SiteStore& site);

  // Also kDenied: others than root can write the file; kTooLarge; kIo.
  [[nodiscard]] Result<model::Policy> LoadLocal() const override;
  // Also kCorrupt: a policy was taken and its file is gone; kConflict: an older one than the newest taken lies there;
  // kUntrusted: there is one, but the terminal is not enrolled.
  [[nodiscard]] Result<model::Policy> LoadCollector() const override;
  // The same document again is no conflict. Also kTooLarge.
  [[nodiscard]] Result<model::Policy> Verify(const std::string& signed_document) const override;
  [[nodiscard]] std::uint64_t OfferedVersion(const std::string& signed_document) const override;
  // Verifies once more; the errors of Verify, and kIo, kFull.
  [[nodiscard]] Status Keep(const std::string& signed_document) override;
  [[nodiscard]] Result<model::Policy> Parse(const std::string& toml, const std::string& name) const override;

  [[nodiscard]] Result<model::Baseline> LoadBaseline() const override;
  [[nodiscard]] Status SaveBaseline(const model::Baseline& baseline) override;

  [[nodiscard]] Status MarkEnforcing(bool enforcing) override;
  [[nodiscard]] bool MarkedEnforcing() const override;

 private:
  // What an offer must follow: the mark or the kept policy, whichever is newer; nothing if none was ever taken.
  [[nodiscard]] Result<std::optional<NewestPolicy>> Newest(const ports::SiteFacts& facts) const;
  [[nodiscard]] Result<NewestPolicy> ReadMark() const;
  [[nodiscard]] Result<OpenedPolicy> OpenInOrder(const std::string& signed_document,
                                                 const ports::SiteFacts& facts) const;

  std::filesystem::path local_policy_, signed_policy_, newest_, baseline_, enforcing_;
  const ports::SiteStore& site_;
};

}  // namespace sekimori::config
