#include "agent/config/agent_config.h"

#include "proto/files/durable_file.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::config {
namespace {

constexpr std::string_view kWantPath = "an absolute path";
constexpr std::string_view kWantHost = "a host name or address, without port and without blanks";

std::optional<std::filesystem::path> ParsePath(std::string_view text) {
  const std::filesystem::path path(text);
  return path.is_absolute() && path == path.lexically_normal() ? std::optional(path) : std::nullopt;
}

std::optional<std::string> ParseHost(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._:";
  const bool good = text.size() <= 253 && text.find_first_not_of(kAllowed) == std::string_view::npos;
  // One colon is a port that belongs elsewhere; more are an IPv6 address.
  const bool port_attached = text.find(':') != std::string_view::npos && text.find(':') == text.rfind(':');
  return good && !port_attached ? std::optional(std::string(text)) : std::nullopt;
}

CollectorOverride ReadCollector(const toml::table& table, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "[collector]", {"host", "port", "server-name"}, faults);
  reader.Require("host", kWantHost);
  reader.Require("port", "the collector's port");
  return {.host = reader.Word("host", ParseHost, kWantHost).value_or(""),
          .port = static_cast<std::uint16_t>(reader.Number("port", 1, 65535).value_or(0)),
          .server_name = reader.Word("server-name", ParseHost, kWantHost)};
}

void ReadLog(const toml::table& table, AgentConfig& config, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "[log]", {"keep-days", "checkpoint-seconds"}, faults);
  if (const auto days = reader.Number("keep-days", 1, 36500)) config.keep_log = std::chrono::days{*days};
  if (const auto seconds = reader.Number("checkpoint-seconds", 1, 86400))
    config.checkpoint_interval = std::chrono::seconds{*seconds};
}

void ReadBarrier(const toml::table& table, AgentConfig& config, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "[barrier]", {"check-seconds"}, faults);
  if (const auto seconds = reader.Number("check-seconds", 1, 86400))
    config.barrier_check = std::chrono::seconds{*seconds};
}

void ReadQueue(const toml::table& table, AgentConfig& config, toml_text::Faults& faults) {
  toml_text::TableReader reader(table, "[queue]", {"devices"}, faults);
  if (const auto count = reader.Number("devices", 64, 65536)) config.device_queue = static_cast<std::uint32_t>(*count);
}

}  // namespace

Result<AgentConfig> ParseAgentConfig(std::string_view toml, const std::string& name) {
  const Result<toml::table> parsed = toml_text::ParseToml(toml, name);
  if (!parsed.ok()) return parsed.error();
  toml_text::Faults faults(name);
  toml_text::TableReader reader(
      parsed.value(), "the agent's settings",
      {"state-directory", "run-directory", "policy-file", "force-observe", "collector", "log", "barrier", "queue"},
      faults);
  AgentConfig config;
  config.state_directory = reader.Word("state-directory", ParsePath, kWantPath).value_or(config.state_directory);
  config.run_directory = reader.Word("run-directory", ParsePath, kWantPath).value_or(config.run_directory);
  config.policy_file = reader.Word("policy-file", ParsePath, kWantPath).value_or(config.policy_file);
  config.force_observe = reader.Truth("force-observe").value_or(config.force_observe);
  if (const toml::table* collector = reader.Table("collector")) config.collector = ReadCollector(*collector, faults);
  if (const toml::table* log = reader.Table("log")) ReadLog(*log, config, faults);
  if (const toml::table* barrier = reader.Table("barrier")) ReadBarrier(*barrier, config, faults);
  if (const toml::table* queue = reader.Table("queue")) ReadQueue(*queue, config, faults);
  if (faults.any()) return faults.First();
  return config;
}

Result<AgentConfig> LoadAgentConfig(const std::filesystem::path& file) {
  const Result<std::string> text = files::ReadGuarded(file, toml_text::kMaxTomlBytes);
  if (!text.ok() && text.error().code == ErrorCode::kNotFound) return AgentConfig{};
  if (!text.ok()) return text.error();
  return ParseAgentConfig(text.value(), file.filename().string());
}

}  // namespace sekimori::config
