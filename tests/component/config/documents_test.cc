// What the manual and the packages show people is what the agent takes: every example is read by the real parser.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include <gtest/gtest.h>

#include "agent/config/agent_config.h"
#include "agent/policy/decide.h"
#include "proto/policy_text/parse_policy.h"

namespace sekimori::config {
namespace {

namespace fs = std::filesystem;
const fs::path kSource = SEKIMORI_SOURCE_DIR;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> TomlBlocks(const std::string& markdown) {
  std::vector<std::string> blocks;
  const std::string begin = "```toml\n", end = "```\n";
  for (std::size_t at = markdown.find(begin); at != std::string::npos; at = markdown.find(begin, at)) {
    at += begin.size();
    blocks.push_back(markdown.substr(at, markdown.find(end, at) - at));
  }
  return blocks;
}

// Settings and rules that stand commented out, as if the reader had taken the mark away.
std::string WithExamplesTakenIn(const std::string& toml) {
  return std::regex_replace(toml, std::regex("(^|\n)#(\\[|[a-z.-]+ =)"), "$1$2");
}

class Manual : public testing::TestWithParam<const char*> {};

TEST_P(Manual, EveryExampleIsAPolicy) {
  const std::vector<std::string> blocks = TomlBlocks(Read(kSource / "docs" / GetParam()));
  EXPECT_EQ(blocks.size(), 7U);
  for (const std::string& block : blocks) {
    const Result<model::Policy> policy = policy_text::ParsePolicy(block, GetParam());
    ASSERT_TRUE(policy.ok()) << ToString(policy.error()) << '\n' << block;
    EXPECT_EQ(policy.value().mode, model::Mode::kEnforce);
    EXPECT_FALSE(policy.value().rules.empty() && policy.value().login.rules.empty());
  }
}

TEST_P(Manual, NamesEveryKey) {
  const std::string text = Read(kSource / "docs" / GetParam());
  for (const char* key : {"mode",
                          "name",
                          "adopted",
                          "[[rule]]",
                          "id",
                          "verdict",
                          "admit",
                          "reason",
                          "match",
                          "vendor",
                          "product",
                          "serial",
                          "port",
                          "speed",
                          "interfaces",
                          "hub",
                          "root-hub",
                          "descriptor-hash",
                          "at-most",
                          "user",
                          "group",
                          "time",
                          "state-directory",
                          "run-directory",
                          "policy-file",
                          "force-observe",
                          "keep-days",
                          "checkpoint-seconds",
                          "check-seconds",
                          "devices"})
    EXPECT_NE(text.find('`' + std::string(key) + '`'), std::string::npos) << key;
}

INSTANTIATE_TEST_SUITE_P(Languages, Manual, testing::Values("policy.md", "policy.ja.md"));

TEST(Examples, BothLanguagesShowTheSameExamples) {
  EXPECT_EQ(TomlBlocks(Read(kSource / "docs/policy.md")), TomlBlocks(Read(kSource / "docs/policy.ja.md")));
}

TEST(Examples, TheWindowCounterPolicyDoesWhatItSays) {
  const Result<model::Policy> policy =
      policy_text::ParsePolicy(Read(kSource / "packaging/examples/policy.toml"), "policy.toml");
  ASSERT_TRUE(policy.ok()) << ToString(policy.error());
  EXPECT_EQ(policy.value().mode, model::Mode::kObserve) << "an example must not lock anybody out";

  model::Device device;
  device.complete = true;
  device.vendor = 0x0951;
  device.product = 0x1666;
  device.serial = "60A44C3FACC93311A9C50099";
  policy::Situation office;
  office.weekday = 1;
  office.time_of_day = std::chrono::hours{10};
  office.users = {{.name = "tanaka", .groups = {"jumin"}}};
  const auto decide = [&](std::vector<model::InterfaceClass> kinds, const policy::Situation& situation) {
    device.interfaces.clear();
    for (const model::InterfaceClass& kind : kinds)
      device.interfaces.push_back({1, static_cast<std::uint8_t>(device.interfaces.size()), 0, kind, {}});
    const model::Decision decision = policy::DecideDevice(policy.value(), {}, device, situation);
    return decision.verdict == model::Verdict::kAllow ? decision.rule : std::string("refused");
  };
  EXPECT_EQ(decide({{3, 1, 1}, {3, 0, 0}}, office), "keyboards-and-mice");
  EXPECT_EQ(decide({{3, 1, 1}, {8, 6, 0x50}}, office), "refused");
  EXPECT_EQ(decide({{0x0b, 0, 0}}, office), "card-readers");
  EXPECT_EQ(decide({{8, 6, 0x50}}, office), "issued-sticks");
  policy::Situation evening = office;
  evening.time_of_day = std::chrono::hours{18};
  EXPECT_EQ(decide({{8, 6, 0x50}}, evening), "refused");
  policy::Situation nobody = office;
  nobody.users.clear();
  EXPECT_EQ(decide({{8, 6, 0x50}}, nobody), "refused");
  device.serial = "60A44C3FACC93311A9C50098";
  EXPECT_EQ(decide({{8, 6, 0x50}}, office), "refused");
}

TEST(Examples, EveryInstalledConfigurationIsTakenAlsoWithItsExamples) {
  std::size_t seen = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kSource / "packaging")) {
    const std::string name = entry.path().filename().string();
    if (name != "policy.toml" && name != "agent.toml") continue;
    ++seen;
    for (const std::string& text : {Read(entry.path()), WithExamplesTakenIn(Read(entry.path()))}) {
      if (name == "policy.toml") {
        const Result<model::Policy> policy = policy_text::ParsePolicy(text, entry.path().string());
        EXPECT_TRUE(policy.ok()) << ToString(policy.error());
      } else {
        const Result<AgentConfig> config = ParseAgentConfig(text, entry.path().string());
        EXPECT_TRUE(config.ok()) << ToString(config.error());
      }
    }
  }
  EXPECT_GE(seen, 1U);
}

}  // namespace
}  // namespace sekimori::config
