// sekimori release, close, reload, enrol: the orders of root.
#include <cstdio>
#include <memory>
#include <string>

#include <unistd.h>

#include "agent/cli/commands.h"
#include "proto/console/operator_name.h"
#include "proto/files/durable_file.h"

namespace sekimori::cli {

namespace {

constexpr std::size_t kMaxToken = 8192;
constexpr std::chrono::seconds kEnrolment{130};  // longer than the agent waits for the collector

struct ReleaseOptions {
  std::string reason;
  bool removal = false;
};

ExitCode Done(Console& console, std::string_view key, Json facts) {
  if (console.json()) {
    facts["done"] = true;
    console.OutJson(facts);
  } else {
    console.OutLine(console.Say(key));
  }
  return kDone;
}

// The agent has nothing to open or close: an answer, not a failure.
ExitCode Nothing(Console& console, std::string_view key, const Error& error) {
  if (console.json()) {
    (void)console.Fail(error);
  } else {
    console.OutLine(console.Say(key));
  }
  return kNegative;
}

// No agent answers: root opens the barrier all the same, on the record.
ExitCode ReleaseWithoutAgent(const Invocation& invocation, const ReleaseOptions& options) {
  Console& console = *invocation.console;
  if (::geteuid() != 0) return console.Fail({ErrorCode::kDenied, "release", "only root may do this"});
  const Status released =
      invocation.offline(invocation.places).release({options.reason, console::OperatorName(), options.removal});
  if (!released.ok() && released.error().code == ErrorCode::kConflict && !console.json()) {
    console.Tell(console.Say("cli_orders.agent_holds", {{"file", released.error().where}}));
    return kFailed;
  }
  if (!released.ok()) return console.Fail(released.error());
  return Done(console, options.removal ? "cli_orders.removal" : "cli_orders.released_offline", {{"offline", true}});
}

ExitCode Release(const Invocation& invocation, const ReleaseOptions& options) {
  proto::ControlRequest request;
  request.mutable_release()->set_reason(options.reason);
  request.mutable_release()->set_operator_name(console::OperatorName());
  request.mutable_release()->set_removal(options.removal);
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (answer.ok())
    return Done(console, options.removal ? "cli_orders.removal" : "cli_orders.released", {{"offline", false}});
  if (answer.error().code == ErrorCode::kUnavailable) return ReleaseWithoutAgent(invocation, options);
  if (answer.error().code == ErrorCode::kConflict) return Nothing(console, "cli_orders.only_observes", answer.error());
  if (answer.error().code == ErrorCode::kExists) return Nothing(console, "cli_orders.open_already", answer.error());
  return console.Fail(answer.error());
}

ExitCode Close(const Invocation& invocation, const std::string& reason) {
  proto::ControlRequest request;
  request.mutable_close()->set_reason(reason);
  request.mutable_close()->set_operator_name(console::OperatorName());
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (answer.ok()) return Done(console, "cli_orders.closed", Json::object());
  if (answer.error().code == ErrorCode::kConflict) return Nothing(console, "cli_orders.not_open", answer.error());
  return console.Fail(answer.error());
}

ExitCode Reload(const Invocation& invocation) {
  proto::ControlRequest request;
  request.mutable_reload();
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (answer.ok()) return Done(console, "cli_orders.reloaded", {{"policy", answer.value().done().detail()}});
  const ExitCode code = console.Fail(answer.error());
  return answer.error().code == ErrorCode::kInvalid ? kNegative : code;
}

Result<std::string> ReadToken(const std::string& file) {
  if (file != "-") return files::ReadPrivate(file, kMaxToken);
  std::string token(kMaxToken + 1, '\0');
  token.resize(std::fread(token.data(), 1, token.size(), stdin));
  if (token.size() > kMaxToken) return Error{ErrorCode::kTooLarge, "stdin", "a token has at most 8192 bytes"};
  return token;
}

ExitCode Enrol(const Invocation& invocation, const std::string& file) {
  const Result<std::string> token = ReadToken(file);
  if (!token.ok()) return invocation.console->Fail(token.error());
  proto::ControlRequest request;
  request.mutable_enrol()->set_token(token.value());
  invocation.console->Tell(invocation.console->Say("cli_orders.enrolling"));
  const Result<proto::ControlAnswer> answer = invocation.Ask(request, kEnrolment);
  if (!answer.ok()) return invocation.console->Fail(answer.error());
  return Done(*invocation.console, "cli_orders.enrolled", Json::object());
}

// Done here and not by the agent: it could not take another key and log while it runs.
ExitCode EnrolAnew(const Invocation& invocation, const std::string& file) {
  Console& console = *invocation.console;
  if (::geteuid() != 0) return console.Fail({ErrorCode::kDenied, "enrol", "only root may do this"});
  const Result<std::string> token = ReadToken(file);
  if (!token.ok()) return console.Fail(token.error());
  console.Tell(console.Say("cli_orders.enrolling"));
  const Result<bool> in_force =
      invocation.offline(invocation.places).enrol_anew(console::OperatorName(), token.value());
  if (!in_force.ok()) return console.Fail(in_force.error());
  return Done(console, in_force.value() ? "cli_orders.enrolled_anew" : "cli_orders.enrolled_anew_restart",
              {{"in_force", in_force.value()}});
}

CLI::App* AddReasoned(CLI::App& app, Invocation& invocation, const char* name, std::string_view help,
                      std::string& reason) {
  CLI::App* command = app.add_subcommand(name, invocation.Help(help));
  command->add_option("--reason", reason, invocation.Help("cli_help.reason"))->required();
  return command;
}

// `enrol` enrols the terminal at a collector, `enrol totp` a user's phone at the terminal. What is typed for the one
// and has something of the other is refused, and told both.
void AddEnrol(CLI::App& app, Invocation& invocation) {
  CLI::App* enrol = app.add_subcommand("enrol", invocation.Help("cli_help.enrol"));
  const auto file = std::make_shared<std::string>();
  const auto anew = std::make_shared<bool>(false);
  const auto of_users = std::make_shared<std::string>();
  const CLI::Option* token = enrol->add_option("--token-file", *file, invocation.Help("cli_help.token_file"));
  const CLI::Option* again = enrol->add_flag("--anew", *anew, invocation.Help("cli_help.enrol_anew"));
  // Not in the help (an empty group): options of enrol totp, with "totp" forgotten.
  for (const char* forgotten : {"--user", "--reason", "--label"})
    enrol->add_option(forgotten, *of_users)->group("");
  const CLI::App* totp = AddEnrolTotp(*enrol, invocation);
  enrol->callback([&invocation, file, anew, of_users, token, again, totp] {
    const bool of_terminal = token->count() + again->count() > 0;
    if (totp->parsed() && !of_terminal) return;
    if (totp->parsed() || token->count() == 0 || !of_users->empty())
      throw CLI::ValidationError(invocation.Help("cli_orders.which_enrol"));
    invocation.run = [&invocation, file, anew] { return (*anew ? EnrolAnew : Enrol)(invocation, *file); };
  });
}

}  // namespace

void AddOrders(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<ReleaseOptions>();
  CLI::App* release = AddReasoned(app, invocation, "release", "cli_help.release", options->reason);
  release->add_flag("--removal", options->removal, invocation.Help("cli_help.removal"));
  release->callback(
      [&invocation, options] { invocation.run = [&invocation, options] { return Release(invocation, *options); }; });
  const auto reason = std::make_shared<std::string>();
  AddReasoned(app, invocation, "close", "cli_help.close", *reason)->callback([&invocation, reason] {
    invocation.run = [&invocation, reason] { return Close(invocation, *reason); };
  });
  app.add_subcommand("reload", invocation.Help("cli_help.reload"))->callback([&invocation] {
    invocation.run = [&invocation] { return Reload(invocation); };
  });
  AddEnrol(app, invocation);
}

}  // namespace sekimori::cli
