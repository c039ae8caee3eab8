// sekimori policy: check a file without the agent, and try one with it.
#include <memory>

#include "agent/cli/commands.h"
#include "agent/cli/wording.h"
#include "proto/files/durable_file.h"
#include "proto/policy_text/parse_policy.h"
#include "proto/words/describe.h"

namespace sekimori::cli {

namespace {

std::string NameOf(const std::string& file) {
  return std::filesystem::path(file).filename().string();
}

proto::Mode ModeOf(policy_text::Mode mode) {
  return mode == policy_text::Mode::kEnforce ? proto::MODE_ENFORCE : proto::MODE_OBSERVE;
}

ExitCode Check(const Invocation& invocation, const std::string& file) {
  Console& console = *invocation.console;
  const Result<std::string> text = files::ReadSmall(file);
  if (!text.ok()) return console.Fail(text.error());
  const Result<policy_text::Policy> policy = policy_text::ParsePolicy(text.value(), NameOf(file));
  if (!policy.ok()) {
    (void)console.Fail(policy.error());
    return kNegative;
  }
  if (console.json()) {
    console.OutJson({{"name", policy.value().name},
                     {"mode", Word(ModeOf(policy.value().mode))},
                     {"rules", policy.value().rules.size()}});
    return kDone;
  }
  console.OutLine(console.Say("cli_policy.good", {{"file", file},
                                                  {"name", policy.value().name},
                                                  {"mode", ModeText(console.language(), ModeOf(policy.value().mode))},
                                                  {"rules", std::to_string(policy.value().rules.size())}}));
  return kDone;
}

Json ChangeJson(const proto::PolicyChange& change) {
  return {{"device", DeviceJson(change.device())},
          {"now", DecisionJson(change.now())},
          {"then", DecisionJson(change.then())}};
}

Json TrialJson(const proto::PolicyTryAnswer& trial) {
  Json changes = Json::array();
  Json unchanged = Json::array();
  for (const proto::PolicyChange& change : trial.changes())
    changes.push_back(ChangeJson(change));
  for (const proto::PolicyChange& change : trial.unchanged())
    unchanged.push_back(ChangeJson(change));
  return {{"name", trial.name()},
          {"mode", Word(trial.mode())},
          {"rules", trial.rules()},
          {"changes", std::move(changes)},
          {"unchanged", std::move(unchanged)}};
}

void ShowTrial(Console& console, const proto::PolicyTryAnswer& trial) {
  const words::Language language = console.language();
  console.OutLine(console.Say("cli_policy.trial", {{"name", trial.name()},
                                                   {"mode", ModeText(language, trial.mode())},
                                                   {"rules", std::to_string(trial.rules())},
                                                   {"changes", std::to_string(trial.changes_size())},
                                                   {"unchanged", std::to_string(trial.unchanged_size())}}));
  for (const proto::PolicyChange& change : trial.changes())
    console.OutLine(console.Say("cli_policy.change", {{"device", words::DescribeDevice(language, change.device())},
                                                      {"now", words::DescribeVerdict(language, change.now())},
                                                      {"then", words::DescribeVerdict(language, change.then())},
                                                      {"why", words::DescribeBasis(language, change.then())}}));
  if (trial.mode() == proto::MODE_OBSERVE) console.OutLine(console.Say("cli_policy.only_observes"));
}

ExitCode Try(const Invocation& invocation, const std::string& file) {
  Console& console = *invocation.console;
  const Result<std::string> text = files::ReadSmall(file);
  if (!text.ok()) return console.Fail(text.error());
  proto::ControlRequest request;
  request.mutable_policy_try()->set_toml(text.value());
  request.mutable_policy_try()->set_file(NameOf(file));
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  if (!answer.ok()) {
    const ExitCode code = console.Fail(answer.error());
    return answer.error().code == ErrorCode::kInvalid ? kNegative : code;
  }
  if (console.json()) {
    console.OutJson(TrialJson(answer.value().policy_try()));
  } else {
    ShowTrial(console, answer.value().policy_try());
  }
  return kDone;
}

}  // namespace

void AddPolicy(CLI::App& app, Invocation& invocation) {
  CLI::App* group = app.add_subcommand("policy", invocation.Help("cli_help.policy"))->require_subcommand(1);
  const auto file = std::make_shared<std::string>();
  CLI::App* check = group->add_subcommand("check", invocation.Help("cli_help.policy_check"));
  check->add_option("file", *file, invocation.Help("cli_help.policy_file"))->required();
  check->callback([&invocation, file] { invocation.run = [&invocation, file] { return Check(invocation, *file); }; });
  CLI::App* trial = group->add_subcommand("try", invocation.Help("cli_help.policy_try"));
  trial->add_option("file", *file, invocation.Help("cli_help.policy_file"))->required();
  trial->callback([&invocation, file] { invocation.run = [&invocation, file] { return Try(invocation, *file); }; });
}

}  // namespace sekimori::cli
