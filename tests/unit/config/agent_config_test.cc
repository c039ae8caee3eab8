// The agent's own settings: defaults, every key, and the mistakes.
#include "agent/config/agent_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori::config {
namespace {

using testing::HasSubstr;

TEST(ParseAgentConfig, AnEmptyFileGivesTheDefaults) {
  const Result<AgentConfig> config = ParseAgentConfig("", "agent.toml");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config.value(), AgentConfig{});
  EXPECT_EQ(config.value().state_directory, "/var/lib/sekimori");
  EXPECT_EQ(config.value().run_directory, "/run/sekimori");
  EXPECT_EQ(config.value().policy_file, "/etc/sekimori/policy.toml");
  EXPECT_EQ(config.value().keep_log, std::chrono::days{400});
  EXPECT_FALSE(config.value().force_observe);
}

TEST(ParseAgentConfig, ReadsEveryKey) {
  const Result<AgentConfig> config = ParseAgentConfig(R"(
state-directory = "/tmp/state"
run-directory = "/tmp/run"
policy-file = "/tmp/p.toml"
force-observe = true
[collector]
host = "2001:db8::1"
port = 7443
server-name = "collector.example"
[log]
keep-days = 30
checkpoint-seconds = 5
[barrier]
check-seconds = 7
[queue]
devices = 100
)",
                                                      "agent.toml");
  ASSERT_TRUE(config.ok()) << ToString(config.error());
  const AgentConfig expected{.state_directory = "/tmp/state",
                             .run_directory = "/tmp/run",
                             .policy_file = "/tmp/p.toml",
                             .force_observe = true,
                             .collector = CollectorOverride{"2001:db8::1", 7443, "collector.example"},
                             .keep_log = std::chrono::days{30},
                             .checkpoint_interval = std::chrono::seconds{5},
                             .barrier_check = std::chrono::seconds{7},
                             .device_queue = 100};
  EXPECT_EQ(config.value(), expected);
}

TEST(ParseAgentConfig, TellsMistakes) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"state-dir = \"/x\"", "agent.toml:1", "unknown key \"state-dir\""},
      {"state-directory = \"var\"", "agent.toml:1", "absolute path"},
      {"state-directory = \"/var/../etc\"", "agent.toml:1", "absolute path"},
      {"\nforce-observe = \"yes\"", "agent.toml:2", "true or false"},
      {"[collector]\nhost = \"a\"", "agent.toml:1", "[collector] lacks port"},
      {"[collector]\nhost = \"a:7443\"\nport = 1", "agent.toml:2", "without port"},
      {"[collector]\nhost = \"a b\"\nport = 1", "agent.toml:2", "host name or address"},
      {"[collector]\nhost = \"a\"\nport = 65536", "agent.toml:3", "from 1 to 65535"},
      {"[log]\nkeep-days = 0", "agent.toml:2", "from 1 to 36500"},
      {"[log]\nkeep-day = 1", "agent.toml:2", "did you mean keep-days?"},
      {"[log]\ncheckpoint-seconds = 1.5", "agent.toml:2", "a fraction"},
      {"[barrier]\ncheck-seconds = 0", "agent.toml:2", "from 1 to 86400"},
      {"[queue]\ndevices = 1", "agent.toml:2", "from 64 to 65536"},
      {"log = 1", "agent.toml:1", "want a table"},
  };
  for (const auto& [text, where, detail] : cases) {
    const Result<AgentConfig> config = ParseAgentConfig(text, "agent.toml");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(config.error().where, where) << config.error().detail;
    EXPECT_THAT(config.error().detail, HasSubstr(detail));
  }
}

}  // namespace
}  // namespace sekimori::config
