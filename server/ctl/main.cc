// sekimorictl: what an operator does at the collector's own shell.
#include "proto/console/command_line.h"
#include "proto/console/operator_name.h"
#include "proto/library_log/library_log.h"
#include "server/ctl/commands.h"

namespace sekimori::ctl {
namespace {

ExitCode Run(int argc, char** argv) {
  Console console(words::LanguageOfEnvironment());
  Invocation invocation;
  invocation.common = {&console, kDefaultDataDirectory, console::OperatorName()};
  CLI::App app(console.Say("ctl_help.about"), "sekimorictl");
  app.require_subcommand(1)->fallthrough();
  app.footer(console.Say("ctl_help.exit_codes"));
  app.set_version_flag("--version", "sekimorictl " SEKIMORI_VERSION, console.Say("ctl_help.version"));
  app.set_help_flag("-h,--help", console.Say("ctl_help.help"));
  bool json = false;
  app.add_flag("--json", json, console.Say("ctl_help.json"));
  app.add_option("--data", invocation.common.data, console.Say("ctl_help.data"));
  for (const auto add : {AddInit, AddToken, AddTerminal, AddEvents, AddVerify, AddPolicy, AddCertificate})
    add(app, invocation);
  if (const auto end = console::Parse(app, argc, argv, console.language())) return static_cast<ExitCode>(*end);
  console.set_json(json);
  return console.Finish(invocation.run());
}

}  // namespace
}  // namespace sekimori::ctl

int main(int argc, char** argv) {
  sekimori::SilenceLibraries();
  return sekimori::ctl::Run(argc, argv);
}
