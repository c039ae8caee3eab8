// sekimori status: how the agent stands, and what it cannot do.
#include "agent/cli/commands.h"
#include "agent/cli/wording.h"
#include "proto/signing/sha256.h"
#include "proto/words/table.h"

namespace sekimori::cli {

namespace {

Json TroubleJson(const proto::Trouble& trouble) {
  return {{"what", trouble.what()},
          {"code", trouble.error().code()},
          {"where", trouble.error().where()},
          {"detail", trouble.error().detail()}};
}

Json StatusJson(const proto::StatusAnswer& status) {
  Json troubles = Json::array();
  for (const proto::Trouble& trouble : status.troubles())
    troubles.push_back(TroubleJson(trouble));
  return {{"agent_version", status.agent_version()},
          {"started", TimeJson(status.started_us())},
          {"mode", Word(status.mode())},
          {"released", status.released()},
          {"barrier_closed", status.barrier_closed()},
          {"barrier_gaps", Json(std::vector<std::string>(status.barrier_gaps().begin(), status.barrier_gaps().end()))},
          {"policy",
           {{"source", Word(status.policy_source())},
            {"name", status.policy_name()},
            {"version", status.policy_version()},
            {"rules", status.policy_rules()}}},
          {"devices", status.devices()},
          {"refused", status.refused()},
          {"waiting", status.waiting()},
          {"adopted", status.adopted()},
          {"log",
           {{"head", status.log_head()},
            {"hash", signing::Hex(status.log_hash())},
            {"acknowledged", status.log_acknowledged()}}},
          {"collector",
           {{"address", status.collector()},
            {"state", status.link_state()},
            {"detail", status.link_detail()},
            {"site_id", status.site_id()},
            {"terminal_id", status.terminal_id()},
            {"group", status.group()},
            {"last_contact", TimeJson(status.last_contact_us())},
            {"certificate_expires", TimeJson(status.certificate_expires_us())}}},
          {"troubles", std::move(troubles)}};
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts)
    joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

std::string BarrierText(const Console& console, const proto::StatusAnswer& status) {
  if (status.released()) return console.Say("cli_status.barrier_released");
  if (status.barrier_closed()) return console.Say("cli_status.barrier_closed");
  if (status.mode() != proto::MODE_ENFORCE) return console.Say("cli_status.barrier_not_needed");
  return console.Say("cli_status.barrier_open", {{"gaps", Joined(status.barrier_gaps())}});
}

std::string LinkText(const Console& console, const proto::StatusAnswer& status) {
  std::string text = console.Say("cli_link." + status.link_state());
  if (!status.collector().empty()) text = status.collector() + "  " + text;
  if (!status.link_detail().empty()) text += "  " + status.link_detail();
  return text;
}

words::Table StatusTable(const Console& console, const proto::StatusAnswer& status) {
  words::Table table({{}, {}});
  const auto row = [&](std::string_view key, std::string text) { table.AddRow({console.Say(key), std::move(text)}); };
  row("cli_status.agent", console.Say("cli_status.running_since",
                                      {{"version", status.agent_version()}, {"time", TimeText(status.started_us())}}));
  row("cli_status.mode", ModeText(console.language(), status.mode()));
  row("cli_status.barrier", BarrierText(console, status));
  row("cli_status.policy",
      console.Say("cli_status.policy_line",
                  {{"source", PolicySourceText(console.language(), status.policy_source())},
                   {"policy", PolicyText(console.language(), status.policy_name(), status.policy_version())},
                   {"rules", std::to_string(status.policy_rules())}}));
  row("cli_status.devices",
      console.Say(status.mode() == proto::MODE_ENFORCE ? "cli_status.devices_line" : "cli_status.devices_observed",
                  {{"count", std::to_string(status.devices())},
                   {"refused", std::to_string(status.refused())},
                   {"waiting", std::to_string(status.waiting())},
                   {"adopted", std::to_string(status.adopted())}}));
  row("cli_status.log", console.Say("cli_status.log_line", {{"head", std::to_string(status.log_head())},
                                                            {"sent", std::to_string(status.log_acknowledged())}}));
  row("cli_status.collector", LinkText(console, status));
  if (status.terminal_id().empty()) return table;
  row("cli_status.terminal",
      console.Say("cli_status.terminal_line", {{"id", status.terminal_id()}, {"group", status.group()}}));
  row("cli_status.last_contact", TimeText(status.last_contact_us()));
  row("cli_status.certificate", TimeText(status.certificate_expires_us()));
  return table;
}

// All is well when nothing is in trouble and an enforcing agent's door is shut.
ExitCode Verdict(const proto::StatusAnswer& status) {
  const bool open = status.mode() == proto::MODE_ENFORCE && !status.barrier_closed() && !status.released();
  return status.troubles_size() > 0 || open ? kNegative : kDone;
}

ExitCode ShowStatus(const Invocation& invocation) {
  proto::ControlRequest request;
  request.mutable_status();
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (!answer.ok()) return console.Fail(answer.error());
  const proto::StatusAnswer& status = answer.value().status();
  if (console.json()) {
    console.OutJson(StatusJson(status));
    return Verdict(status);
  }
  console.Out(StatusTable(console, status).Text());
  for (const proto::Trouble& trouble : status.troubles()) {
    const std::string what = console.Say("cli_trouble." + trouble.what());
    console.OutLine(
        console.Say("cli_status.trouble",
                    {{"what", what}, {"where", trouble.error().where()}, {"detail", trouble.error().detail()}}));
  }
  return Verdict(status);
}

}  // namespace

void AddStatus(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("status", invocation.Help("cli_help.status"));
  command->callback([&invocation] { invocation.run = [&invocation] { return ShowStatus(invocation); }; });
}

}  // namespace sekimori::cli
