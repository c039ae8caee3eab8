#include "agent/config/newest_policy.h"

#include <limits>

#include "agent/config/toml_writer.h"
#include "proto/policy_text/policy_words.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::config {

std::string RenderNewestPolicy(const NewestPolicy& newest) {
  return "# The newest policy taken from the collector; an older one is refused. Written by the agent.\n"
         "site = " +
         TomlText(newest.site_id) + "\nterminal = " + TomlText(newest.terminal_id) +
         "\nversion = " + std::to_string(newest.version) + "\ndocument = \"" + signing::Hex(newest.document_sha256) +
         "\"\n";
}

Result<NewestPolicy> ParseNewestPolicy(std::string_view toml, const std::string& name) {
  const Result<toml::table> parsed = toml_text::ParseToml(toml, name);
  if (!parsed.ok()) return Error{ErrorCode::kCorrupt, parsed.error().where, parsed.error().detail};
  toml_text::Faults faults(name);
  const std::vector<std::string_view> keys{"site", "terminal", "version", "document"};
  toml_text::TableReader reader(parsed.value(), "the newest policy", keys, faults);
  for (const std::string_view key : {"site", "version", "document"})
    reader.Require(key, "what was taken");
  NewestPolicy newest;
  newest.site_id = reader.Text("site").value_or("");
  newest.terminal_id = reader.Text("terminal").value_or("");
  newest.version =
      static_cast<std::uint64_t>(reader.Number("version", 1, std::numeric_limits<std::int64_t>::max()).value_or(0));
  newest.document_sha256 =
      reader.Word("document", policy_text::ParseHash, policy_text::kWantHash).value_or(newest.document_sha256);
  if (faults.any()) return Error{ErrorCode::kCorrupt, faults.First().where, faults.First().detail};
  return newest;
}

Status CheckFollows(const NewestPolicy& newest, std::uint64_t version, const signing::Sha256Hash& document_sha256) {
  if (version > newest.version) return Status::Ok();
  if (version < newest.version)
    return Error{ErrorCode::kConflict, "signed policy",
                 "version " + std::to_string(version) + " is older than version " + std::to_string(newest.version) +
                     ", which this terminal has taken; want a newer one"};
  if (document_sha256 == newest.document_sha256) return Status::Ok();
  return Error{
      ErrorCode::kConflict, "signed policy",
      "another document than the one taken carries version " + std::to_string(version) + "; want a newer version"};
}

}  // namespace sekimori::config
