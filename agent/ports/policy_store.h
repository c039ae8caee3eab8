// Where policy comes from and where the last good one stays. Deciding thread only. Req: R02, R12
#pragma once

#include <optional>
#include <string>

#include "agent/model/policy.h"
#include "proto/result.h"

namespace sekimori::ports {

class PolicyStore {
 public:
  virtual ~PolicyStore() = default;
  // /etc/sekimori/policy.toml. kNotFound: there is none. kInvalid: `where` is "policy.toml:LINE".
  [[nodiscard]] virtual Result<model::Policy> LoadLocal() const = 0;
  // The last collector's policy taken, verified again on every load. kNotFound: none was ever taken.
  [[nodiscard]] virtual Result<model::Policy> LoadCollector() const = 0;
  // Verifies a SignedDocument (serialized): signature by the pinned key, this site, this group or this very terminal,
  // newer than the last taken. kUntrusted, kConflict (older, or another's), kCorrupt, kInvalid (does not parse).
  // Changes nothing.
  [[nodiscard]] virtual Result<model::Policy> Verify(const std::string& signed_document) const = 0;
  // The version such a document claims, unverified, for the record of its refusal; 0 if it cannot be read at all.
  [[nodiscard]] virtual std::uint64_t OfferedVersion(const std::string& signed_document) const = 0;
  // Keeps it, durably, as the last good one. The terminal is in its group from then on.
  [[nodiscard]] virtual Status Keep(const std::string& signed_document) = 0;
  // A power cut may have come between a policy that moves the terminal and the group in the site's facts: they follow
  // now. Ok when nothing is left to do.
  [[nodiscard]] virtual Status FinishMove() = 0;
  // Parses text for `policy try` and `policy check`; `name` stands in error messages.
  [[nodiscard]] virtual Result<model::Policy> Parse(const std::string& toml, const std::string& name) const = 0;

  // kNotFound until the first adoption.
  [[nodiscard]] virtual Result<model::Baseline> LoadBaseline() const = 0;
  [[nodiscard]] virtual Status SaveBaseline(const model::Baseline& baseline) = 0;

  // Mirrors the mode for the boot loader's drop-in: a marker file exists while enforcing. Durable.
  [[nodiscard]] virtual Status MarkEnforcing(bool enforcing) = 0;
  // Whether the marker stands: the last run enforced, and the barrier may be closed by its hand. A marker that cannot
  // be looked for counts as standing.
  [[nodiscard]] virtual bool MarkedEnforcing() const = 0;
};

}  // namespace sekimori::ports
