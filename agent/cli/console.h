// What `sekimori` prints, with the exit status that goes with an error.
#pragma once

#include "agent/cli/exit_code.h"
#include "proto/console/console.h"

namespace sekimori::cli {

using console::Json;

class Console : public console::Console {
 public:
  using console::Console::Console;

  // The error in words (or as JSON) and its exit status.
  [[nodiscard]] ExitCode Fail(const Error& error) {
    TellError(error);
    return ExitCodeFor(error.code);
  }
  // Hands over everything written; kFailed in place of `code` when stdout did not take it whole.
  [[nodiscard]] ExitCode Finish(ExitCode code) {
    const Status written = console::Console::Finish();
    return written.ok() ? code : Fail(written.error());
  }
};

}  // namespace sekimori::cli
