// sekimori devices and explain: what is plugged in, what was decided, and why.
#include "agent/cli/commands.h"
#include "agent/cli/wording.h"
#include "proto/words/describe.h"
#include "proto/words/printable.h"
#include "proto/words/table.h"

namespace sekimori::cli {

namespace {

constexpr std::size_t kNameColumns = 44;

// "3-1.2" hangs two hubs below "usb3".
std::size_t Depth(const std::string& port_path) {
  if (port_path.find('-') == std::string::npos) return 0;
  return 1 + static_cast<std::size_t>(std::count(port_path.begin(), port_path.end(), '.'));
}

std::string StateText(const Console& console, const proto::DeviceState& state) {
  if (!state.admitted()) return console.Say("cli_devices.shut");
  const bool part = state.judged_us() != 0 && state.decision().verdict() == proto::VERDICT_ALLOW_INTERFACES &&
                    state.decision().interfaces_size() == state.admitted_interfaces_size();
  return console.Say(part ? "cli_devices.partly_open" : "cli_devices.open");
}

std::string NameText(const proto::Device& device) {
  char id[16];
  std::snprintf(id, sizeof id, "%04x:%04x ", device.vendor(), device.product());
  return id + (device.product_name().empty() ? device.manufacturer() : device.product_name());
}

words::Table DeviceTable(const Console& console, const proto::DevicesAnswer& answer) {
  const words::Language language = console.language();
  words::Table table({{console.Say("cli_devices.port")},
                      {console.Say("cli_devices.kind")},
                      {console.Say("cli_devices.name"), words::Align::kLeft, kNameColumns},
                      {console.Say("cli_devices.state")},
                      {console.Say("cli_devices.verdict")},
                      {console.Say("cli_devices.why")}});
  for (const proto::DeviceState& state : answer.devices()) {
    const proto::Device& device = state.device();
    const bool judged = state.judged_us() != 0;
    table.AddRow({std::string(2 * Depth(device.port_path()), ' ') + device.port_path(),
                  words::DescribeKind(language, device), NameText(device), StateText(console, state),
                  judged ? words::DescribeVerdict(language, state.decision()) : console.Say("cli_devices.waiting"),
                  judged ? words::DescribeBasis(language, state.decision()) : console.Say("cli_devices.waits")});
  }
  return table;
}

ExitCode ShowDevices(const Invocation& invocation) {
  proto::ControlRequest request;
  request.mutable_devices();
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (!answer.ok()) return console.Fail(answer.error());
  if (console.json()) {
    Json devices = Json::array();
    for (const proto::DeviceState& state : answer.value().devices().devices())
      devices.push_back(DeviceStateJson(state));
    console.OutJson({{"devices", std::move(devices)}});
    return kDone;
  }
  if (answer.value().devices().devices().empty()) {
    console.Tell(console.Say("cli_devices.none"));
    return kDone;
  }
  console.Out(DeviceTable(console, answer.value().devices()).Text());
  return kDone;
}

// Ids of rules are "[a-z0-9-]+"; those that are no rules of the file have a sentence of their own.
std::string AskedText(const Console& console, const proto::RuleTrace& trace) {
  for (const char* step : {"unreadable", "root-hub", "adopted", "default"})
    if (trace.rule() == step)
      return console.Say(std::string("cli_asked.") + (trace.rule() == "root-hub" ? "root_hub" : step));
  return console.Say("cli_asked.rule", {{"rule", trace.rule()}});
}

void ShowTrace(Console& console, const proto::ExplainAnswer& explanation) {
  for (const proto::RuleTrace& trace : explanation.trace()) {
    const std::string asked = AskedText(console, trace);
    if (trace.matched()) {
      console.OutLine(console.Say("cli_asked.yes", {{"asked", asked}}));
    } else if (trace.failed_condition().empty()) {
      console.OutLine(console.Say("cli_asked.no", {{"asked", asked}}));
    } else if (trace.withheld()) {
      console.OutLine(
          console.Say("cli_asked.no_withheld",
                      {{"asked", asked}, {"condition", trace.failed_condition()}, {"found", trace.found()}}));
    } else {
      console.OutLine(console.Say("cli_asked.no_because", {{"asked", asked},
                                                           {"condition", trace.failed_condition()},
                                                           {"wanted", trace.wanted()},
                                                           {"found", trace.found()}}));
    }
  }
}

Json ExplanationJson(const proto::ExplainAnswer& explanation) {
  Json asked = Json::array();
  for (const proto::RuleTrace& trace : explanation.trace())
    asked.push_back({{"rule", trace.rule()},
                     {"matched", trace.matched()},
                     {"failed_condition", trace.failed_condition()},
                     {"wanted", trace.withheld() ? Json(nullptr) : Json(trace.wanted())},
                     {"found", trace.found()}});
  Json json = DeviceStateJson(explanation.device());
  json["asked"] = std::move(asked);
  return json;
}

ExitCode Explain(const Invocation& invocation, const std::string& device) {
  proto::ControlRequest request;
  request.mutable_explain()->set_device(device);
  const Result<proto::ControlAnswer> answer = invocation.Ask(request);
  Console& console = *invocation.console;
  if (!answer.ok()) return console.Fail(answer.error());
  const proto::ExplainAnswer& explanation = answer.value().explain();
  if (console.json()) {
    console.OutJson(ExplanationJson(explanation));
    return kDone;
  }
  const proto::DeviceState& state = explanation.device();
  const words::Language language = console.language();
  console.OutLine(words::DescribeDevice(language, state.device()));
  if (state.judged_us() == 0) {
    console.OutLine(console.Say("cli_devices.waits"));
  } else {
    console.OutLine(console.Say(
        "cli_explain.decision",
        {{"verdict", words::DescribeVerdict(language, state.decision())},
         {"why", words::DescribeBasis(language, state.decision())},
         {"policy", PolicyText(language, state.decision().policy_name(), state.decision().policy_version())}}));
    console.OutLine(console.Say("cli_explain.state",
                                {{"state", StateText(console, state)}, {"time", TimeText(state.judged_us())}}));
  }
  console.OutLine(console.Say("cli_explain.asked"));
  ShowTrace(console, explanation);
  return kDone;
}

}  // namespace

void AddDevices(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("devices", invocation.Help("cli_help.devices"));
  command->callback([&invocation] { invocation.run = [&invocation] { return ShowDevices(invocation); }; });
}

void AddExplain(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("explain", invocation.Help("cli_help.explain"));
  const auto device = std::make_shared<std::string>();
  command->add_option("device", *device, invocation.Help("cli_help.device"))->required();
  command->callback(
      [&invocation, device] { invocation.run = [&invocation, device] { return Explain(invocation, *device); }; });
}

}  // namespace sekimori::cli
