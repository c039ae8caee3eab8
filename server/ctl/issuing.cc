#include "server/ctl/issuing.h"

#include <algorithm>

#include "proto/policy.pb.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

constexpr int kAttempts = 5;
constexpr std::uint64_t kPlausibleLead = 10'000;

Result<store::Policy> Sign(const authority::Authority& authority, store::Policy policy) {
  proto::PolicyDocument document;
  document.set_site_id(authority.site_id());
  document.set_group(policy.group);
  document.set_version(policy.version);
  document.set_issued_us(policy.issued_us);
  document.set_toml(policy.toml);
  document.set_terminal_id(policy.terminal);
  const Result<proto::SignedDocument> signed_document = authority.SignPolicy(document);
  if (!signed_document.ok()) return signed_document.error();
  policy.signed_document = signed_document.value().SerializeAsString();
  return policy;
}

// Terminals refuse what is not newer than what they took, whatever this database remembers: it may be an older copy
// that was put back. So the versions they report count too; but not one so far off that it cannot be the site's.
Result<std::uint64_t> NextVersion(store::Reader& reader) {
  const Result<std::uint64_t> newest = reader.NewestVersion(std::nullopt);
  if (!newest.ok()) return newest;
  const Result<std::vector<store::Terminal>> terminals = reader.ListTerminals(std::nullopt);
  if (!terminals.ok()) return terminals.error();
  std::uint64_t next = newest.value();
  for (const store::Terminal& terminal : terminals.value())
    for (const std::uint64_t reported : {terminal.policy_version, terminal.policy_report.version})
      if (reported <= newest.value() + kPlausibleLead) next = std::max(next, reported);
  return next + 1;
}

}  // namespace

Result<store::Policy> Issue(Session& session, const MakeDraft& make, const StorePolicy& store) {
  const Result<authority::Authority*> authority = session.Authority();
  if (!authority.ok()) return authority.error();
  for (int attempt = 1;; ++attempt) {
    const Result<std::uint64_t> next = NextVersion(session.reader());
    if (!next.ok()) return next.error();
    Result<Draft> draft = make();
    if (!draft.ok()) return draft.error();
    store::Policy& policy = draft.value().policy;
    policy.version = next.value();
    policy.issued_us = NowUs();
    policy.operator_name = session.operator_name();
    const Result<store::Policy> issued = Sign(*authority.value(), std::move(policy));
    if (!issued.ok()) return issued.error();
    Act act = std::move(draft.value().act);
    act.detail = "version " + std::to_string(issued.value().version) + (act.detail.empty() ? "" : ", " + act.detail);
    const Status stored = session.Perform(
        act, [&](store::Writer& writer, const store::Own& own) { return store(writer, issued.value(), own); });
    if (stored.ok()) return issued;
    if (stored.error().code != ErrorCode::kConflict || attempt == kAttempts) return stored.error();
  }
}

}  // namespace sekimori::ctl
