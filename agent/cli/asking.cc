// How the commands find the agent and ask it.
#include <unistd.h>

#include "agent/cli/commands.h"
#include "agent/config/agent_config.h"
#include "agent/control/client.h"
#include "agent/control/places.h"

namespace sekimori::cli {

namespace {

ErrorCode CodeNamed(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i)
    if (ErrorCodeName(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
  return ErrorCode::kInternal;
}

}  // namespace

// Others than root may not read the usual file, and yet may ask how the agent stands; and a mistake in it must not come
// between root and `release`. A file that somebody named is meant.
Result<config::AgentConfig> Invocation::Config() const {
  Result<config::AgentConfig> config = config::LoadAgentConfig(places.config_file);
  if (config.ok() || places.config_named) return config;
  if (::geteuid() == 0) {
    console->Tell(words::SayError(console->language(), config.error()));
    console->Tell(console->Say("cli.usual_places"));
  }
  return config::AgentConfig{};
}

Result<std::filesystem::path> Invocation::StateDirectory() const {
  if (!places.state.empty()) return std::filesystem::path(places.state);
  const Result<config::AgentConfig> config = Config();
  if (!config.ok()) return config.error();
  return config.value().state_directory;
}

Result<std::filesystem::path> Invocation::RunDirectory() const {
  if (!places.run.empty()) return std::filesystem::path(places.run);
  const Result<config::AgentConfig> config = Config();
  if (!config.ok()) return config.error();
  return config.value().run_directory;
}

Result<proto::ControlAnswer> Invocation::Ask(const proto::ControlRequest& request, std::chrono::seconds within) const {
  const Result<std::filesystem::path> directory = RunDirectory();
  if (!directory.ok()) return directory.error();
  Result<proto::ControlAnswer> answer = control::Ask(control::SocketFile(directory.value()), request, within);
  if (!answer.ok() || !answer.value().has_error()) return answer;
  const proto::ControlError& error = answer.value().error();
  return Error{CodeNamed(error.code()), error.where(), error.detail()};
}

}  // namespace sekimori::cli
