// The newest policy version ever taken from the collector, in a file of its own, so that it outlives the policy. Req:
// R12
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::config {

struct NewestPolicy {
  std::string site_id;  // versions of another site say nothing about this one's
  std::uint64_t version = 0;
  signing::Sha256Hash document_sha256{};
  bool operator==(const NewestPolicy&) const = default;
};

[[nodiscard]] std::string RenderNewestPolicy(const NewestPolicy& newest);
// kCorrupt: nobody but the agent writes this file.
[[nodiscard]] Result<NewestPolicy> ParseNewestPolicy(std::string_view toml, const std::string& name);

// Whether a document may follow: newer, or the very same one. kConflict.
[[nodiscard]] Status CheckFollows(const NewestPolicy& newest, std::uint64_t version,
                                  const signing::Sha256Hash& document_sha256);

}  // namespace sekimori::config
