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
                                 ports::SiteStore& site)
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
  const Result<Footing> footing = Stand();
  const Result<std::string> kept = files::ReadPrivate(signed_policy_);
  const bool none_kept = !kept.ok() && kept.error().code == ErrorCode::kNotFound;
  if (!footing.ok() && footing.error().code == ErrorCode::kNotFound) return none_kept ? kept.error() : NotEnrolled();
  if (!footing.ok()) return footing.error();
  if (!kept.ok() && !none_kept) return kept.error();
  const std::optional<NewestPolicy>& newest = footing.value().newest;
  if (none_kept && !newest) return kept.error();
  if (none_kept)
    return Error{ErrorCode::kCorrupt, signed_policy_.string(),
                 "the file is gone, although version " + std::to_string(newest->version) + " was taken"};
  Result<OpenedPolicy> opened = OpenInOrder(kept.value(), footing.value());
  if (!opened.ok()) return opened.error();
  return std::move(opened).value().policy;
}

Result<model::Policy> FilePolicyStore::Verify(const std::string& signed_document) const {
  const Result<Footing> footing = Stand();
  if (!footing.ok()) return footing.error().code == ErrorCode::kNotFound ? NotEnrolled() : footing.error();
  Result<OpenedPolicy> opened = OpenInOrder(signed_document, footing.value());
  if (!opened.ok()) return opened.error();
  return std::move(opened).value().policy;
}

std::uint64_t FilePolicyStore::OfferedVersion(const std::string& signed_document) const {
  return ClaimedVersion(signed_document);
}

Status FilePolicyStore::Keep(const std::string& signed_document) {
  const Result<Footing> stand = Stand();
  if (!stand.ok()) return stand.error().code == ErrorCode::kNotFound ? NotEnrolled() : stand.error();
  const Footing& footing = stand.value();
  const Result<OpenedPolicy> opened = OpenInOrder(signed_document, footing);
  if (!opened.ok()) return opened.error();
  // Only the policy about to be replaced knows of an unfinished move.
  if (footing.unfinished_move) {
    if (Status moved = site_.SetGroup(footing.facts.terminal_id, footing.facts.group); !moved.ok()) return moved;
  }
  // In this order: a power cut in between leaves a policy newer than the mark, and of another group than the facts if
  // it moves the terminal, which LoadCollector takes. Any other way round it would leave one that falls short of them.
  if (Status written = files::Replace(signed_policy_, signed_document); !written.ok()) return written;
  const model::Policy& policy = opened.value().policy;
  const NewestPolicy newest{footing.facts.site_id, footing.facts.terminal_id, policy.version,
                            opened.value().document_sha256};
  if (Status marked = files::Replace(newest_, RenderNewestPolicy(newest)); !marked.ok()) return marked;
  return policy.group == footing.facts.group ? Status::Ok() : site_.SetGroup(footing.facts.terminal_id, policy.group);
}

Status FilePolicyStore::FinishMove() {
  const Result<Footing> footing = Stand();
  // What is wrong then, LoadCollector says.
  if (!footing.ok() || !footing.value().unfinished_move) return Status::Ok();
  return site_.SetGroup(footing.value().facts.terminal_id, footing.value().facts.group);
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

Result<FilePolicyStore::Footing> FilePolicyStore::Stand() const {
  Result<ports::SiteFacts> facts = site_.Load();
  if (!facts.ok()) return facts.error();
  Footing footing{.facts = std::move(facts).value(), .unfinished_move = false, .newest = std::nullopt};
  std::optional<OpenedPolicy> kept;
  if (const Result<std::string> bytes = files::ReadPrivate(signed_policy_); bytes.ok())
    if (Result<OpenedPolicy> opened = OpenPolicyDocument(bytes.value(), footing.facts); opened.ok())
      kept = std::move(opened).value();

  const Result<NewestPolicy> marked = ReadMark();
  if (marked.ok() && SpeaksOf(marked.value(), footing.facts)) {
    footing.newest = marked.value();
    // An old copy that was put back says nothing, of the group neither.
    if (kept && !CheckFollows(*footing.newest, kept->policy.version, kept->document_sha256).ok()) kept.reset();
  }
  // A damaged mark is no reason to stand still while the policy it spoke of is there and good.
  if (!marked.ok() && marked.error().code != ErrorCode::kNotFound && !kept) return marked.error();
  if (!kept) return footing;
  footing.newest =
      NewestPolicy{footing.facts.site_id, footing.facts.terminal_id, kept->policy.version, kept->document_sha256};
  footing.unfinished_move = kept->policy.group != footing.facts.group;
  footing.facts.group = kept->policy.group;
  return footing;
}

Result<NewestPolicy> FilePolicyStore::ReadMark() const {
  const Result<std::string> text = files::ReadPrivate(newest_);
  if (!text.ok()) return text.error();
  return ParseNewestPolicy(text.value(), newest_.filename().string());
}

Result<OpenedPolicy> FilePolicyStore::OpenInOrder(const std::string& signed_document, const Footing& footing) {
  Result<OpenedPolicy> opened = OpenPolicyDocument(signed_document, footing.facts);
  if (!opened.ok() || !footing.newest) return opened;
  const OpenedPolicy& offered = opened.value();
  const Status follows = CheckFollows(*footing.newest, offered.policy.version, offered.document_sha256);
  if (!follows.ok()) return follows.error();
  return opened;
}

}  // namespace sekimori::config
