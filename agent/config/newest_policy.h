// The newest policy version ever taken from the collector, in a file of its own, so that it outlives the policy. Req:
// R12
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/ports/site_store.h"
#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::config {

struct NewestPolicy {
  // Another site's versions say nothing about this one's; and who is enrolled anew, as another terminal, begins anew.
  // Agents that knew of no moves wrote no terminal: theirs speaks of whoever is enrolled.
  std::string site_id, terminal_id;
  std::uint64_t version = 0;
  signing::Sha256Hash document_sha256{};
  bool operator==(const NewestPolicy&) const = default;
};

[[nodiscard]] inline bool SpeaksOf(const NewestPolicy& newest, const ports::SiteFacts& facts) {
  return newest.site_id == facts.site_id && (newest.terminal_id.empty() || newest.terminal_id == facts.terminal_id);
}

[[nodiscard]] std::string RenderNewestPolicy(const NewestPolicy& newest);
// kCorrupt: nobody but the agent writes this file.
[[nodiscard]] Result<NewestPolicy> ParseNewestPolicy(std::string_view toml, const std::string& name);

// Whether a document may follow: newer, or the very same one. kConflict.
[[nodiscard]] Status CheckFollows(const NewestPolicy& newest, std::uint64_t version,
                                  const signing::Sha256Hash& document_sha256);

}  // namespace sekimori::config
