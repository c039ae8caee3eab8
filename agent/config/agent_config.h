// The agent's own settings, /etc/sekimori/agent.toml. Every key is optional; so is the file. What a terminal lets in is
// not here but in its policy. Reference: docs/policy.md. Req: R05, R12
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "proto/result.h"

namespace sekimori::config {

// Where to dial instead of what enrolment stored, e.g. after the collector moved. Its certificate is checked all the
// same.
struct CollectorOverride {
  std::string host;
  std::uint16_t port = 0;
  std::optional<std::string> server_name;  // absent: as stored
  bool operator==(const CollectorOverride&) const = default;
};

struct AgentConfig {
  std::filesystem::path state_directory = "/var/lib/sekimori";
  std::filesystem::path run_directory = "/run/sekimori";
  std::filesystem::path policy_file = "/etc/sekimori/policy.toml";
  bool force_observe = false;  // whatever the policy says: observe
  std::optional<CollectorOverride> collector;
  std::chrono::days keep_log{400};               // acknowledged records; those not sent yet are always kept
  std::chrono::seconds checkpoint_interval{60};  // from the first unsigned record to its signature
  std::chrono::seconds barrier_check{60};        // between two looks at the kernel's defaults
  std::uint32_t device_queue = 512;              // notices waiting for the deciding thread
  bool operator==(const AgentConfig&) const = default;
};

// kInvalid with `where` "name:LINE"; kTooLarge.
[[nodiscard]] Result<AgentConfig> ParseAgentConfig(std::string_view toml, const std::string& name);
// Defaults if there is no such file. Also kDenied: others than root can write it; kIo.
[[nodiscard]] Result<AgentConfig> LoadAgentConfig(const std::filesystem::path& file);

}  // namespace sekimori::config
