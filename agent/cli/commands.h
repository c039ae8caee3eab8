// The commands of `sekimori`. Each Add… declares its options and sets what is to run when it is the one chosen.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "agent/cli/console.h"
#include "agent/cli/exit_code.h"
#include "agent/config/agent_config.h"
#include "agent/ports/questions.h"
#include "proto/control.pb.h"
#include "proto/result.h"

namespace sekimori::cli {

// What only the composition root can do, while no agent runs.
struct Offline {
  std::function<Status(const ports::OrderRelease&)> release;
  // Also while an agent runs; true: it is in force, false: from the agent's next start on.
  std::function<Result<bool>(const std::string& operator_name, const std::string& token)> enrol_anew;
};

struct Places {
  std::string config_file, state, run;  // as given; the configuration tells what was not
  bool config_named = false;            // on the command line: then it has to be good
};

struct Invocation {
  Console* console = nullptr;
  Places places;
  std::function<Offline(const Places&)> offline;
  std::function<ExitCode()> run;

  [[nodiscard]] std::string Help(std::string_view key) const { return console->Say(key); }
  // Where the agent keeps its log, and where it listens. The usual places if the usual configuration cannot be had.
  [[nodiscard]] Result<std::filesystem::path> StateDirectory() const;
  [[nodiscard]] Result<std::filesystem::path> RunDirectory() const;
  // Asks the running agent. Its own refusals come back as errors.
  [[nodiscard]] Result<proto::ControlAnswer> Ask(const proto::ControlRequest& request,
                                                 std::chrono::seconds within = std::chrono::seconds{15}) const;

 private:
  [[nodiscard]] Result<config::AgentConfig> Config() const;
};

void AddStatus(CLI::App& app, Invocation& invocation);
void AddDevices(CLI::App& app, Invocation& invocation);
void AddExplain(CLI::App& app, Invocation& invocation);
void AddPolicy(CLI::App& app, Invocation& invocation);
void AddLog(CLI::App& app, Invocation& invocation);
void AddOrders(CLI::App& app, Invocation& invocation);
void AddAuthenticators(CLI::App& app, Invocation& invocation);
// Below `enrol`, which alone is for the terminal itself.
[[nodiscard]] CLI::App* AddEnrolTotp(CLI::App& enrol, Invocation& invocation);

}  // namespace sekimori::cli
