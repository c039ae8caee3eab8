// What the own chain attests of the registry's rows (terminals, tokens, policies, the site): a digest of everything in
// them that changes only together with an own record. Bytes: FORMAT.md, "Registry". Pure. Req: R06
#pragma once

#include <compare>
#include <string>

#include "server/store/values.h"

namespace sekimori::store {

enum class RowKind { kSite, kTerminal, kToken, kPolicy };
// As it stands in the records: "site", "terminal", "token", "policy".
[[nodiscard]] std::string_view RowKindName(RowKind kind);

struct RowKey {
  RowKind kind = RowKind::kSite;
  std::string id;  // of a policy its version; of the site its id
  auto operator<=>(const RowKey&) const = default;
};

[[nodiscard]] signing::Sha256Hash DigestOf(const Site& site);
[[nodiscard]] signing::Sha256Hash DigestOf(const Terminal& terminal);
[[nodiscard]] signing::Sha256Hash DigestOf(const Token& token);
[[nodiscard]] signing::Sha256Hash DigestOf(const Policy& policy);

}  // namespace sekimori::store
