// A collector's policy from its signed bytes, judged by the terminal itself. Pure; any thread. Req: R02, R12
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/model/policy.h"
#include "agent/ports/site_store.h"
#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::config {

struct OpenedPolicy {
  model::Policy policy;                   // its group is the one a terminal that takes it is in
  signing::Sha256Hash document_sha256{};  // of the bytes the signature covers; signing again does not change it
};

// A serialized SignedDocument: for the whole group of `facts`, or for this terminal alone and then of any group, which
// the terminal joins by taking it. kTooLarge; kCorrupt (cannot be read, or the pinned key is damaged); kUntrusted
// (another key or a wrong signature); kConflict (another site's, group's or terminal's); kInvalid (another kind, no
// version, a group that cannot be kept, or the policy does not parse: `where` is then "policy version N:LINE"). Whether
// it is newer than others is not asked here.
[[nodiscard]] Result<OpenedPolicy> OpenPolicyDocument(std::string_view signed_document, const ports::SiteFacts& facts);

// What an unverified document claims; 0 if it cannot be read.
[[nodiscard]] std::uint64_t ClaimedVersion(std::string_view signed_document);

}  // namespace sekimori::config
