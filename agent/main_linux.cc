// sekimori-agent: the command line of the daemon.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "agent/agent.h"
#include "agent/control/places.h"
#include "agent/offline.h"
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
  namespace words = sekimori::words;
  const words::Language language = words::LanguageOfEnvironment();
  Arguments arguments;
  CLI::App app(words::Say(language, "agent.about"));
  app.set_help_flag("-h,--help", words::Say(language, "cli.help"));
  app.add_option("--config", arguments.config, words::Say(language, "cli.config"));
  app.add_option("--state", arguments.state, words::Say(language, "cli.state"));
  app.add_option("--run", arguments.run, words::Say(language, "cli.run"));
  app.add_flag("--observe", arguments.observe, words::Say(language, "agent.observe"));
  app.add_flag("--rescue-input", arguments.rescue_input, words::Say(language, "agent.rescue_input"));
  app.add_flag("--version", arguments.version, words::Say(language, "cli.version"));
  CLI11_PARSE(app, argc, argv);
  if (arguments.version) return std::puts(SEKIMORI_VERSION) < 0 ? 1 : 0;
  const sekimori::Status status = Run(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "sekimori-agent: %s\n", words::SayError(language, status.error()).c_str());
  return 1;
}
