#include "agent/config/policy_store.h"

#include <system_error>

#include "agent/config/baseline_file.h"
#include "proto/files/durable_file.h"
#include "proto/policy_text/parse_policy.h"
#include "proto/signing/signed_document.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::config {
namespace {

constexpr std::string_view kMarkerText =
    "# While this file exists the barrier is closed from boot on. Written by the agent.\n";

Error NotEnrolled() {
  return {ErrorCode::kUntrusted, "signed policy",
          "this terminal is not enrolled, so no key is pinned to verify it with"};
}

}  // namespace

FilePolicyStore::FilePolicyStore(std::filesystem::path local_policy, const std::filesystem::path& state_directory,
                                 const ports::SiteStore& site)
    : local_policy_(std::move(local_policy)),
      signed_policy_(state_directory / "policy.signed"),
      newest_(state_directory / "policy.newest"),
      baseline_(state_directory / "baseline.toml"),
      enforcing_(state_directory / "enforcing"),
      site_(site) {}

Result<model::Policy> FilePolicyStore::LoadLocal() const {
  const Result<std::string> text = files::ReadGuarded(local_policy_, toml_text::kMaxTomlBytes);
  if (!text.ok()) return text.error();
  return policy_text::ParsePolicy(text.value(), local_policy_.filename().string());
}

Result<model::Policy> FilePolicyStore::LoadCollector() const {
  const Result<ports::SiteFacts> facts = site_.Load();
  const Result<std::string> kept = files::ReadPrivate(signed_policy_);
  const bool none_kept = !kept.ok() && kept.error().code == ErrorCode::kNotFound;
  if (!facts.ok() && facts.error().code == ErrorCode::kNotFound) return none_kept ? kept.error() : NotEnrolled();
  if (!facts.ok()) return facts.error();
  if (!kept.ok() && !none_kept) return kept.error();
  if (none_kept) {
    const Result<std::optional<NewestPolicy>> newest = Newest(facts.value());
    if (!newest.ok()) return newest.error();
    if (!newest.value()) return kept.error();
    return Error{ErrorCode::kCorrupt, signed_policy_.string(),
                 "the file is gone, although version " + std::to_string(newest.value()->version) + " was taken"};
  }
  Result<OpenedPolicy> opened = OpenInOrder(kept.value(), facts.value());
  if (!opened.ok()) return opened.error();
  return std::move(opened).value().policy;
}

Result<model::Policy> FilePolicyStore::Verify(const std::string& signed_document) const {
  const Result<ports::SiteFacts> facts = site_.Load();
  if (!facts.ok()) return facts.error().code == ErrorCode::kNotFound ? NotEnrolled() : facts.error();
  Result<OpenedPolicy> opened = OpenInOrder(signed_document, facts.value());
  if (!opened.ok()) return opened.error();
  return std::move(opened).value().policy;
}

std::uint64_t FilePolicyStore::OfferedVersion(const std::string& signed_document) const {
  return ClaimedVersion(signed_document);
}

Status FilePolicyStore::Keep(const std::string& signed_document) {
  const Result<ports::SiteFacts> facts = site_.Load();
  if (!facts.ok()) return facts.error().code == ErrorCode::kNotFound ? NotEnrolled() : facts.error();
  const Result<OpenedPolicy> opened = OpenInOrder(signed_document, facts.value());
  if (!opened.ok()) return opened.error();
  // In this order: a power cut between the two leaves a policy newer than the mark, which LoadCollector takes. The
  // other way round it would leave one that falls short of it.
  if (Status written = files::Replace(signed_policy_, signed_document); !written.ok()) return written;
  return files::Replace(newest_, RenderNewestPolicy({.site_id = facts.value().site_id,
                                                     .version = opened.value().policy.version,
                                                     .document_sha256 = opened.value().document_sha256}));
}

Result<model::Policy> FilePolicyStore::Parse(const std::string& toml, const std::string& name) const {
  return policy_text::ParsePolicy(toml, name);
}

Result<model::Baseline> FilePolicyStore::LoadBaseline() const {
  const Result<std::string> text = files::ReadGuarded(baseline_, toml_text::kMaxTomlBytes);
  if (!text.ok()) return text.error();
  return ParseBaseline(text.value(), baseline_.filename().string());
}

Status FilePolicyStore::SaveBaseline(const model::Baseline& baseline) {
  const std::string text = RenderBaseline(baseline);
  // A baseline that cannot be read again would lock people out at the next start.
  if (const Result<model::Baseline> read_back = ParseBaseline(text, baseline_.filename().string()); !read_back.ok())
    return read_back.error();
  return files::Replace(baseline_, text);
}

Status FilePolicyStore::MarkEnforcing(bool enforcing) {
  return enforcing ? files::Replace(enforcing_, kMarkerText) : files::Remove(enforcing_);
}

bool FilePolicyStore::MarkedEnforcing() const {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::symlink_status(enforcing_, error);
  const bool looked = !error || error == std::errc::no_such_file_or_directory;
  return !looked || std::filesystem::exists(status);
}

Result<std::optional<NewestPolicy>> FilePolicyStore::Newest(const ports::SiteFacts& facts) const {
  std::optional<NewestPolicy> kept;
  if (const Result<std::string> bytes = files::ReadPrivate(signed_policy_); bytes.ok())
    if (const Result<OpenedPolicy> opened = OpenPolicyDocument(bytes.value(), facts); opened.ok())
      kept = NewestPolicy{facts.site_id, opened.value().policy.version, opened.value().document_sha256};

  const Result<NewestPolicy> marked = ReadMark();
  if (!marked.ok()) {
    // A damaged mark is no reason to stand still while the policy it spoke of is there and good.
    if (kept || marked.error().code == ErrorCode::kNotFound) return kept;
    return marked.error();
  }
  if (marked.value().site_id != facts.site_id) return kept;
  return kept && kept->version > marked.value().version ? kept : marked.value();
}

Result<NewestPolicy> FilePolicyStore::ReadMark() const {
  const Result<std::string> text = files::ReadPrivate(newest_);
  if (!text.ok()) return text.error();
  return ParseNewestPolicy(text.value(), newest_.filename().string());
}

Result<OpenedPolicy> FilePolicyStore::OpenInOrder(const std::string& signed_document,
                                                  const ports::SiteFacts& facts) const {
  Result<OpenedPolicy> opened = OpenPolicyDocument(signed_document, facts);
  if (!opened.ok()) return opened;
  const Result<std::optional<NewestPolicy>> newest = Newest(facts);
  if (!newest.ok()) return newest.error();
  if (newest.value()) {
    const OpenedPolicy& offered = opened.value();
    const Status follows = CheckFollows(*newest.value(), offered.policy.version, offered.document_sha256);
    if (!follows.ok()) return follows.error();
  }
  return opened;
}

}  // namespace sekimori::config
