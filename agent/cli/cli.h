// `sekimori`: the terminal's command line, from its arguments to its exit status.
#pragma once

#include <functional>

#include "agent/cli/commands.h"

namespace sekimori::cli {

[[nodiscard]] ExitCode Run(int argc, const char* const* argv, std::function<Offline(const Places&)> offline);

}  // namespace sekimori::cli
