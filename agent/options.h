// Where the agent's files are, as its command line may say.
#pragma once

#include <filesystem>
#include <optional>

namespace sekimori::agent {

struct Options {
  std::filesystem::path config_file;
  std::optional<std::filesystem::path> state_directory, run_directory;  // instead of the configuration's
  bool observe = false;  // whatever policy and configuration say: decide and record, touch nothing
};

}  // namespace sekimori::agent
