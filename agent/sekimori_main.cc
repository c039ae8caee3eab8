// sekimori: the terminal's command line. What it needs of the composition root is what works while no agent runs.
#include <cstdio>

#include "agent/anew.h"
#include "agent/cli/cli.h"
#include "agent/offline.h"
#include "agent/service.h"
#include "proto/library_log/library_log.h"

int main(int argc, char** argv) {
  sekimori::SilenceLibraries();
  // Some of its commands hold a token or the terminal's key.
  if (const sekimori::Status is_protected = sekimori::agent::ProtectProcess(); !is_protected.ok()) {
    std::fprintf(stderr, "sekimori: %s\n", sekimori::ToString(is_protected.error()).c_str());
    return sekimori::cli::kFailed;
  }
  return sekimori::cli::Run(argc, argv, [](const sekimori::cli::Places& places) {
    sekimori::agent::Options options;
    options.config_file = places.config_file;
    if (!places.state.empty()) options.state_directory = places.state;
    if (!places.run.empty()) options.run_directory = places.run;
    return sekimori::cli::Offline{
        [options](const sekimori::ports::OrderRelease& order) {
          return sekimori::agent::ReleaseOffline(options, order);
        },
        [options](const std::string& operator_name, const std::string& token) -> sekimori::Result<bool> {
          const auto terms = sekimori::agent::AnewTermsOf(options, operator_name);
          if (!terms.ok()) return terms.error();
          const auto begun = sekimori::agent::EnrolAnew(terms.value(), token);
          if (!begun.ok()) return begun.error();
          return begun.value() == sekimori::agent::Begun::kNow;
        }};
  });
}
