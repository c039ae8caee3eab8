// What a fresh installation puts into /etc/sekimori: it parses, it only observes, and its examples are right.
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "agent/config/agent_config.h"
#include "proto/policy_text/parse_policy.h"
#include "server/settings.h"

namespace sekimori::config {
namespace {

std::string Shipped(const std::string& name) {
  std::ifstream file(std::string(SEKIMORI_SOURCE_DIR) + "/packaging/etc/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The file with its examples in force: a comment sign directly before a setting or a table is taken away.
std::string WithExamples(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)#(?=[a-z\\[])"), "$1");
}

TEST(ShippedPolicy, ObservesAndRefusesNothing) {
  const Result<policy_values::Policy> policy = policy_text::ParsePolicy(Shipped("policy.toml"), "policy.toml");
  ASSERT_TRUE(policy.ok()) << ToString(policy.error());
  EXPECT_EQ(policy.value().mode, policy_values::Mode::kObserve);
  EXPECT_TRUE(policy.value().honour_adopted);
  EXPECT_TRUE(policy.value().rules.empty());
}

TEST(ShippedPolicy, HasAnExampleThatWorks) {
  const Result<policy_values::Policy> policy =
      policy_text::ParsePolicy(WithExamples(Shipped("policy.toml")), "policy.toml");
  ASSERT_TRUE(policy.ok()) << ToString(policy.error());
  ASSERT_EQ(policy.value().rules.size(), 1U);
  EXPECT_EQ(policy.value().rules.front().verdict, policy_text::Verdict::kAllow);
}

TEST(ShippedSettings, AreTheDefaults) {
  const Result<AgentConfig> config = ParseAgentConfig(Shipped("agent.toml"), "agent.toml");
  ASSERT_TRUE(config.ok()) << ToString(config.error());
  EXPECT_EQ(config.value(), AgentConfig{});
}

TEST(ShippedSettings, HaveExamplesThatWork) {
  const std::string text = WithExamples(Shipped("agent.toml"));
  const Result<AgentConfig> config = ParseAgentConfig(text, "agent.toml");
  ASSERT_TRUE(config.ok()) << ToString(config.error()) << "\n" << text;
  EXPECT_TRUE(config.value().collector.has_value());
  EXPECT_EQ(config.value().keep_log, AgentConfig{}.keep_log);
}

TEST(ShippedCollectorSettings, AreTheDefaults) {
  const server::Settings defaults;
  for (const std::string& text : {Shipped("collector.toml"), WithExamples(Shipped("collector.toml"))}) {
    const Result<server::Settings> settings = server::ParseSettings(text, "collector.toml");
    ASSERT_TRUE(settings.ok()) << ToString(settings.error()) << "\n" << text;
    EXPECT_EQ(settings.value().collector.address, defaults.collector.address);
    EXPECT_EQ(settings.value().collector.port, defaults.collector.port);
    EXPECT_EQ(settings.value().terminal_certificate_life, defaults.terminal_certificate_life);
  }
}

}  // namespace
}  // namespace sekimori::config
