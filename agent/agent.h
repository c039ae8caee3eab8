// The composition root: the one place that knows every room. Builds the agent from its parts, runs it until a signal,
// and takes it apart in good order. Threads: docs/threads.md
#pragma once

#include "agent/options.h"
#include "proto/result.h"

namespace sekimori::agent {

// Runs until SIGTERM or SIGINT; SIGHUP reloads. An error says why it could not start; kConflict: another agent runs in
// the same place. Call it once, before any other thread exists.
[[nodiscard]] Status RunAgent(const Options& options);

}  // namespace sekimori::agent
