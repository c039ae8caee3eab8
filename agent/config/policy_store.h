// The policy store over files. /etc/sekimori/policy.toml is the site's; in the state directory the agent keeps
// `policy.signed` (the collector's last good policy), `policy.newest` (the newest version ever taken), `baseline.toml`
// and `enforcing` (the marker). Req: R02, R12
//
// A version once taken is never left for an older one, also when policy.signed is lost or put back from a copy: the
// newest version stands in a file of its own, and a policy.signed that falls short of it is refused.
//
// A policy for this terminal alone moves it to the policy's group. It is written before the group in the site's facts,
// so as long as it lies there, in order, its group is the terminal's, whatever the facts still say.
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
                  ports::SiteStore& site);

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
  // The errors of ports::SiteStore.
  [[nodiscard]] Status FinishMove() override;
  [[nodiscard]] Result<model::Policy> Parse(const std::string& toml, const std::string& name) const override;

  [[nodiscard]] Result<model::Baseline> LoadBaseline() const override;
  [[nodiscard]] Status SaveBaseline(const model::Baseline& baseline) override;

  [[nodiscard]] Status MarkEnforcing(bool enforcing) override;
  [[nodiscard]] bool MarkedEnforcing() const override;

 private:
  // What an offer is judged by.
  struct Footing {
    ports::SiteFacts facts;              // with the group the terminal is in
    bool unfinished_move = false;        // the stored facts still name the one it was in before
    std::optional<NewestPolicy> newest;  // the mark or the kept policy, whichever is newer; none if none was ever taken
  };
  // kNotFound: not enrolled. kCorrupt: the mark is damaged and no kept policy stands in for it.
  [[nodiscard]] Result<Footing> Stand() const;
  [[nodiscard]] Result<NewestPolicy> ReadMark() const;
  [[nodiscard]] static Result<OpenedPolicy> OpenInOrder(const std::string& signed_document, const Footing& footing);

  std::filesystem::path local_policy_, signed_policy_, newest_, baseline_, enforcing_;
  ports::SiteStore& site_;
};

}  // namespace sekimori::config
