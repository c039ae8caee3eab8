#include "agent/config/site_file.h"

#include "agent/config/toml_writer.h"
#include "proto/files/durable_file.h"
#include "proto/policy_text/policy_words.h"
#include "proto/signing/sha256.h"
#include "proto/toml_text/text_bounds.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::config {
namespace {

constexpr std::size_t kMaxSiteFile = std::size_t{16} << 10;

}  // namespace

std::string RenderSiteFacts(const ports::SiteFacts& facts) {
  return "# What enrolment told this terminal. Written by the agent.\n"
         "site = " +
         TomlText(facts.site_id) + "\nterminal = " + TomlText(facts.terminal_id) +
         "\ngroup = " + TomlText(facts.group) + "\ncollector-host = " + TomlText(facts.collector_host) +
         "\ncollector-port = " + std::to_string(facts.collector_port) +
         "\nserver-name = " + TomlText(facts.server_name) + "\npolicy-key = \"" + signing::Hex(facts.policy_key_der) +
         "\"\n";
}

Result<ports::SiteFacts> ParseSiteFacts(std::string_view toml, const std::string& name) {
  const Result<toml::table> parsed = toml_text::ParseToml(toml, name);
  if (!parsed.ok()) return Error{ErrorCode::kCorrupt, parsed.error().where, parsed.error().detail};
  toml_text::Faults faults(name);
  const std::vector<std::string_view> keys{"site",           "terminal",    "group",     "collector-host",
                                           "collector-port", "server-name", "policy-key"};
  toml_text::TableReader reader(parsed.value(), "the site's facts", keys, faults);
  for (const std::string_view key : keys)
    reader.Require(key, "what enrolment said");
  ports::SiteFacts facts;
  facts.site_id = reader.Text("site").value_or("");
  facts.terminal_id = reader.Text("terminal").value_or("");
  facts.group = reader.Text("group").value_or("");
  facts.collector_host = reader.Text("collector-host").value_or("");
  facts.collector_port = static_cast<std::uint16_t>(reader.Number("collector-port", 1, 65535).value_or(0));
  facts.server_name = reader.Text("server-name").value_or("");
  facts.policy_key_der =
      reader.Word("policy-key", policy_text::ParseBytes, policy_text::kWantBytes, {.max_characters = 1024})
          .value_or("");
  if (faults.any()) return Error{ErrorCode::kCorrupt, faults.First().where, faults.First().detail};
  return facts;
}

Status CheckSiteFacts(const ports::SiteFacts& facts, const std::string& name) {
  const std::string text =
      toml_text::IsUtf8(facts.site_id + facts.terminal_id + facts.group + facts.collector_host + facts.server_name)
          ? RenderSiteFacts(facts)
          : std::string();
  const Result<ports::SiteFacts> read_back = ParseSiteFacts(text, name);
  if (!read_back.ok()) return Error{ErrorCode::kInvalid, read_back.error().where, read_back.error().detail};
  return Status::Ok();
}

Result<ports::SiteFacts> FileSiteStore::Load() const {
  const Result<std::string> text = files::ReadPrivate(file_, kMaxSiteFile);
  if (!text.ok()) return text.error();
  return ParseSiteFacts(text.value(), file_.filename().string());
}

Status FileSiteStore::Save(const ports::SiteFacts& facts) {
  const std::lock_guard lock(writing_);
  return Write(facts);
}

Status FileSiteStore::SetGroup(const std::string& terminal_id, const std::string& group) {
  const std::lock_guard lock(writing_);
  Result<ports::SiteFacts> facts = Load();
  if (!facts.ok()) return facts.error();
  if (facts.value().terminal_id != terminal_id)
    return Error{ErrorCode::kConflict, file_.filename().string(),
                 "it is terminal " + toml_text::Quoted(facts.value().terminal_id) + " by now; want " +
                     toml_text::Quoted(terminal_id)};
  facts.value().group = group;
  return Write(facts.value());
}

Status FileSiteStore::Write(const ports::SiteFacts& facts) {
  // Facts that cannot be read again would leave a terminal that believes it is enrolled and is not.
  if (Status good = CheckSiteFacts(facts, file_.filename().string()); !good.ok()) return good;
  return files::Replace(file_, RenderSiteFacts(facts));
}

}  // namespace sekimori::config
