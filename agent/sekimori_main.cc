// sekimori: the terminal's command line. What it needs of the composition root is what works while no agent runs.
#include "agent/cli/cli.h"
#include "agent/offline.h"

int main(int argc, char** argv) {
  return sekimori::cli::Run(argc, argv, [](const sekimori::cli::Places& places) {
    sekimori::agent::Options options;
    options.config_file = places.config_file;
    if (!places.state.empty()) options.state_directory = places.state;
    if (!places.run.empty()) options.run_directory = places.run;
    return sekimori::cli::Offline{[options](const std::string& operator_name, const std::string& reason) {
      return sekimori::agent::ReleaseOffline(options, operator_name, reason);
    }};
  });
}
