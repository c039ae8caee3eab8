// Every file the agent reads as TOML, from any bytes: no crash, no answer beyond the bounds, no error that could act on
// a terminal, and a policy that was read is decided the way it is explained.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "agent/config/agent_config.h"
#include "agent/config/baseline_file.h"
#include "agent/config/newest_policy.h"
#include "agent/config/site_file.h"
#include "agent/policy/decide.h"
#include "agent/policy/login_decide.h"
#include "proto/policy_text/parse_policy.h"
#include "proto/policy_text/policy_words.h"
#include "proto/toml_text/text_bounds.h"

namespace {

using namespace sekimori;  // NOLINT: a harness of one page

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void CheckError(const Error& error) {
  Require(error.where.starts_with("f.toml"), "an error names the file");
  Require(!error.detail.empty(), "an error says why");
  Require(toml_text::IsUtf8(error.detail), "an error is text");
  Require(!toml_text::FirstForbiddenCharacter(error.detail), "an error cannot act on a terminal");
}

model::Device KeyboardWithDisk() {
  model::Device device;
  device.port_path = "1-2.3";
  device.vendor = 0x0951;
  device.product = 0x1666;
  device.complete = true;
  device.interfaces = {{1, 0, 0, {0x03, 0x01, 0x01}, {}}, {1, 1, 0, {0x08, 0x06, 0x50}, {}}};
  return device;
}

void CheckPolicy(const model::Policy& policy) {
  Require(policy.rules.size() <= policy_text::kMaxRules, "at most so many rules");
  std::set<std::string> ids;
  for (const model::Rule& rule : policy.rules) {
    Require(policy_text::ParseRuleId(rule.id).has_value(), "an id has its form");
    Require(ids.insert(rule.id).second, "an id is there once");
    Require(rule.admit.empty() == (rule.verdict != model::Verdict::kAllowInterfaces), "admit goes with its verdict");
    Require(!(rule.match == model::Conditions{}) || &rule == &policy.rules.back(), "what takes everything is the last");
  }
  policy::Situation situation;
  situation.users = {{"tanaka", {"jumin"}}};
  const model::Device device = KeyboardWithDisk();
  const model::Decision decision = policy::DecideDevice(policy, {}, device, situation);
  const std::vector<policy::RuleTrace> lines = policy::ExplainDevice(policy, {}, device, situation);
  Require(lines.back().rule == (decision.basis == model::Basis::kRule ? decision.rule : "default"),
          "explained as decided");
  const auto wait = policy::UntilNextWindowEdge(policy, 1, std::chrono::minutes{0});
  Require(!wait || *wait > std::chrono::minutes{0}, "an edge lies ahead");
}

// Whatever the text says, nobody is let in with fewer than two classes, and no rule is one that nobody could satisfy.
void CheckLogin(const policy::LoginPolicy& login) {
  Require(login.rules.size() <= policy_text::kMaxLoginRules, "at most so many login rules");
  Require(login.tries >= 1, "somebody may try");
  Require(!login.sessions.empty() && login.sessions.back().id == "built-in", "the built-in sessions stand last");
  std::set<std::string> ids;
  for (const policy::LoginRule& rule : login.rules) {
    Require(policy_text::ParseRuleId(rule.id).has_value(), "an id has its form");
    Require(ids.insert(rule.id).second, "an id is there once");
    Require(!rule.deny || (rule.methods.empty() && rule.required == policy::Requirement{}), "deny asks for nothing");
  }
  model::LoginRequest request;
  request.service = "sshd";
  request.remote_host = "192.0.2.7";
  request.user = model::LoginUser{1000, "tanaka", {"jumin"}};
  const policy::LoginDemand demand = policy::DecideDemand(login, request);
  for (const model::FactorClass only :
       {model::FactorClass::kKnowledge, model::FactorClass::kPossession, model::FactorClass::kInherence})
    Require(!policy::IsEnough(demand.required, {only}), "one class is never enough");
  (void)policy::DecideWithoutTicket(login, request);
}

void CheckBaseline(model::Baseline baseline) {
  Result<model::Baseline> again = config::ParseBaseline(config::RenderBaseline(baseline), "f.toml");
  Require(again.ok() && again.value() == baseline, "a baseline comes back from its file");
}

template <typename T>
void Check(const Result<T>& result) {
  if (!result.ok()) CheckError(result.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<model::Policy> policy = policy_text::ParsePolicy(text, "f.toml");
  Check(policy);
  if (policy.ok()) CheckPolicy(policy.value());
  if (policy.ok()) CheckLogin(policy.value().login);
  const Result<model::Baseline> baseline = config::ParseBaseline(text, "f.toml");
  Check(baseline);
  if (baseline.ok()) CheckBaseline(baseline.value());
  Check(config::ParseAgentConfig(text, "f.toml"));
  const Result<ports::SiteFacts> facts = config::ParseSiteFacts(text, "f.toml");
  Check(facts);
  if (facts.ok()) {
    const Result<ports::SiteFacts> again = config::ParseSiteFacts(config::RenderSiteFacts(facts.value()), "f.toml");
    Require(again.ok() && again.value() == facts.value(), "site facts come back from their file");
  }
  Check(config::ParseNewestPolicy(text, "f.toml"));
  return 0;
}
