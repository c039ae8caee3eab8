#include "agent/cli/cli.h"

#include <utility>

#include "agent/control/places.h"
#include "proto/console/command_line.h"

namespace sekimori::cli {

ExitCode Run(int argc, const char* const* argv, std::function<Offline(const Places&)> offline) {
  Console console(words::LanguageOfEnvironment());
  Invocation invocation;
  invocation.console = &console;
  invocation.places.config_file = control::kConfigFile;
  invocation.offline = std::move(offline);
  CLI::App app(console.Say("cli_help.about"), "sekimori");
  app.require_subcommand(1)->fallthrough();
  app.footer(console.Say("cli_help.exit_codes"));
  app.set_version_flag("--version", "sekimori " SEKIMORI_VERSION, console.Say("cli.version"));
  app.set_help_flag("-h,--help", console.Say("cli.help"));
  bool json = false;
  app.add_flag("--json", json, console.Say("cli_help.json"));
  const CLI::Option* config = app.add_option("--config", invocation.places.config_file, console.Say("cli.config"));
  app.add_option("--state", invocation.places.state, console.Say("cli.state"));
  app.add_option("--run", invocation.places.run, console.Say("cli.run"));
  for (const auto add : {AddStatus, AddDevices, AddExplain, AddPolicy, AddLog, AddOrders, AddAuthenticators})
    add(app, invocation);
  if (const auto end = console::Parse(app, argc, argv, console.language())) return static_cast<ExitCode>(*end);
  invocation.places.config_named = config->count() > 0;
  console.set_json(json);
  return console.Finish(invocation.run());
}

}  // namespace sekimori::cli
