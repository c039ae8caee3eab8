// sekimori-agent: the command line of the daemon.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "agent/agent.h"
#include "agent/control/places.h"
#include "agent/offline.h"
#include "agent/service.h"
#include "proto/console/command_line.h"
#include "proto/library_log/library_log.h"
#include "proto/words/words.h"

namespace {

struct Arguments {
  std::string config = sekimori::control::kConfigFile;
  std::string state, run;
  bool observe = false, rescue_input = false, version = false;
};

sekimori::Status Run(const Arguments& arguments) {
  sekimori::agent::Options options;
  options.config_file = arguments.config;
  if (!arguments.state.empty()) options.state_directory = arguments.state;
  if (!arguments.run.empty()) options.run_directory = arguments.run;
  options.observe = arguments.observe;
  return arguments.rescue_input ? sekimori::agent::RescueInput(options) : sekimori::agent::RunAgent(options);
}

}  // namespace

int main(int argc, char** argv) {
  sekimori::SilenceLibraries();
  namespace words = sekimori::words;
  const words::Language language = words::LanguageOfEnvironment();
  Arguments arguments;
  // Asked before the options are told what they are: the catalogue is memory that a daemon would keep for ever.
  const bool asked =
      std::any_of(argv, argv + argc, [](std::string_view word) { return word == "-h" || word == "--help"; });
  const auto help = [&](std::string_view key) { return asked ? words::Say(language, key) : std::string(); };
  CLI::App app(help("agent.about"), "sekimori-agent");
  app.set_help_flag("-h,--help", help("cli.help"));
  app.add_option("--config", arguments.config, help("cli.config"));
  app.add_option("--state", arguments.state, help("cli.state"));
  app.add_option("--run", arguments.run, help("cli.run"));
  app.add_flag("--observe", arguments.observe, help("agent.observe"));
  app.add_flag("--rescue-input", arguments.rescue_input, help("agent.rescue_input"));
  app.add_flag("--version", arguments.version, help("cli.version"));
  if (const auto end = sekimori::console::Parse(app, argc, argv, language)) return *end;
  if (arguments.version) return std::puts(SEKIMORI_VERSION) < 0 ? 1 : 0;
  const sekimori::Status status = Run(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "sekimori-agent: %s\n", sekimori::agent::SayWhyNot(language, status.error()).c_str());
  return 1;
}
