// sekimori authenticators: what people prove with who they are; revoking and unlocking it.
#include <memory>
#include <string>
#include <vector>

#include "agent/cli/commands.h"
#include "agent/cli/people.h"
#include "agent/cli/wording.h"
#include "proto/console/operator_name.h"
#include "proto/words/describe.h"
#include "proto/words/table.h"

namespace sekimori::cli {

namespace {

constexpr std::chrono::seconds kOrder{60};  // longer than the agent waits for names, log and disk
constexpr std::size_t kLabelColumns = 32;

struct ChangeOptions {
  std::string user, id, reason;
};

using States = std::vector<proto::AuthenticatorState>;

// All of them, however many answers that takes.
Result<States> AskForAll(const Invocation& invocation, const std::string& user) {
  States states;
  proto::ControlRequest request;
  request.mutable_authenticators()->set_user(user);
  for (;;) {
    const Result<proto::ControlAnswer> answer = invocation.Ask(request, kOrder);
    if (!answer.ok()) return answer.error();
    const proto::AuthenticatorsAnswer& some = answer.value().authenticators();
    states.insert(states.end(), some.states().begin(), some.states().end());
    if (!some.has_next()) return states;
    request.mutable_authenticators()->set_after(some.next());
  }
}

Json StateJson(const proto::AuthenticatorState& state) {
  return {{"uid", state.uid()},         {"user", NameOf(state.uid())},
          {"id", state.id()},           {"method", Word(state.method())},
          {"label", state.label()},     {"enrolled", state.enrolled()},
          {"revoked", state.revoked()}, {"tries", state.tries()},
          {"locked", state.locked()}};
}

std::string StateText(const Console& console, const proto::AuthenticatorState& state) {
  if (state.revoked()) return console.Say("cli_authenticators.revoked");
  const std::string tries = std::to_string(state.tries());
  if (state.locked()) return console.Say("cli_authenticators.locked", {{"tries", tries}});
  if (state.tries() > 0) return console.Say("cli_authenticators.failed", {{"tries", tries}});
  return console.Say("cli_authenticators.good");
}

ExitCode List(const Invocation& invocation, const std::string& user) {
  Console& console = *invocation.console;
  const Result<States> states = AskForAll(invocation, user);
  if (!states.ok()) return console.Fail(states.error());
  if (console.json()) {
    Json list = Json::array();
    for (const proto::AuthenticatorState& state : states.value())
      list.push_back(StateJson(state));
    console.OutJson({{"authenticators", std::move(list)}});
    return kDone;
  }
  if (states.value().empty()) {
    console.Tell(console.Say("cli_authenticators.none"));
    return kDone;
  }
  words::Table table({{console.Say("cli_authenticators.user")},
                      {console.Say("cli_authenticators.id")},
                      {console.Say("cli_authenticators.method")},
                      {console.Say("cli_authenticators.label"), words::Align::kLeft, kLabelColumns},
                      {console.Say("cli_authenticators.state")}});
  for (const proto::AuthenticatorState& state : states.value())
    table.AddRow({NameOf(state.uid()), state.id(), words::MethodText(console.language(), state.method()), state.label(),
                  StateText(console, state)});
  console.Out(table.Text());
  return kDone;
}

std::string AccountName(const proto::Account& user) {
  return user.name().empty() ? std::to_string(user.uid()) : user.name();
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::string joined;
  for (const std::string& id : ids)
    joined += (joined.empty() ? "" : ", ") + id;
  return joined;
}

Json ChangedJson(const proto::AuthenticatorsChanged& changed) {
  return {{"done", true},
          {"uid", changed.user().uid()},
          {"user", changed.user().name()},
          {"ids", Json(std::vector<std::string>(changed.ids().begin(), changed.ids().end()))},
          {"left", changed.left()}};
}

// `nothing`: what is said where nothing had to be done.
ExitCode Change(const Invocation& invocation, const proto::ControlRequest& request, std::string_view done,
                std::string_view nothing) {
  Console& console = *invocation.console;
  const Result<proto::ControlAnswer> answer = invocation.Ask(request, kOrder);
  if (!answer.ok() && answer.error().code == ErrorCode::kConflict) {
    console.TellError(answer.error(), console.Say(nothing));
    return kNegative;
  }
  if (!answer.ok()) return console.Fail(answer.error());
  const proto::AuthenticatorsChanged& changed = answer.value().authenticators_changed();
  if (console.json()) {
    console.OutJson(ChangedJson(changed));
    return kDone;
  }
  const std::string user = AccountName(changed.user());
  console.OutLine(console.Say(done, {{"user", user}, {"ids", Joined(changed.ids())}}));
  if (changed.left() == 0) console.Tell(console.Say("cli_authenticators.none_left", {{"user", user}}));
  return kDone;
}

ExitCode Revoke(const Invocation& invocation, const ChangeOptions& options) {
  proto::ControlRequest request;
  request.mutable_authenticator_revoke()->set_user(options.user);
  request.mutable_authenticator_revoke()->set_id(options.id);
  request.mutable_authenticator_revoke()->set_reason(options.reason);
  request.mutable_authenticator_revoke()->set_operator_name(console::OperatorName());
  return Change(invocation, request, "cli_authenticators.was_revoked", "cli_authenticators.revoked_before");
}

ExitCode Unlock(const Invocation& invocation, const ChangeOptions& options) {
  proto::ControlRequest request;
  request.mutable_authenticator_unlock()->set_user(options.user);
  request.mutable_authenticator_unlock()->set_id(options.id);
  request.mutable_authenticator_unlock()->set_reason(options.reason);
  request.mutable_authenticator_unlock()->set_operator_name(console::OperatorName());
  return Change(invocation, request, "cli_authenticators.was_unlocked", "cli_authenticators.not_locked");
}

using Act = ExitCode (*)(const Invocation&, const ChangeOptions&);

CLI::Option* AddChange(CLI::App* command, Invocation& invocation, Act act) {
  const auto options = std::make_shared<ChangeOptions>();
  command->add_option("--user", options->user, invocation.Help("cli_help.whose"))->required();
  CLI::Option* id = command->add_option("id", options->id, invocation.Help("cli_help.authenticator_id"));
  command->add_option("--reason", options->reason, invocation.Help("cli_help.reason"))->required();
  command->callback([&invocation, options, act] {
    invocation.run = [&invocation, options, act] { return act(invocation, *options); };
  });
  return id;
}

}  // namespace

void AddAuthenticators(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("authenticators", invocation.Help("cli_help.authenticators"));
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", invocation.Help("cli_help.authenticators_list"));
  const auto user = std::make_shared<std::string>();
  list->add_option("--user", *user, invocation.Help("cli_help.whose"));
  list->callback([&invocation, user] { invocation.run = [&invocation, user] { return List(invocation, *user); }; });
  AddChange(command->add_subcommand("revoke", invocation.Help("cli_help.authenticators_revoke")), invocation, Revoke)
      ->required();
  AddChange(command->add_subcommand("unlock", invocation.Help("cli_help.authenticators_unlock")), invocation, Unlock);
}

}  // namespace sekimori::cli
