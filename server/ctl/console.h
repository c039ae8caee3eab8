// What sekimorictl prints, with the exit status that goes with an error.
#pragma once

#include <cstddef>

#include "proto/console/console.h"
#include "server/ctl/exit_code.h"

namespace sekimori::ctl {

using console::Json;

class Console : public console::Console {
 public:
  using console::Console::Console;

  // The error in words (or as JSON) and its exit status.
  ExitCode Fail(const Error& error) {
    TellError(error);
    return ExitCodeFor(error.code);
  }
  // With a sentence of its own in place of the general one.
  ExitCode Fail(const Error& error, const std::string& sentence) {
    TellError(error, sentence);
    return ExitCodeFor(error.code);
  }
  // Hands over everything written; kFailed in place of `code` when stdout did not take it whole.
  [[nodiscard]] ExitCode Finish(ExitCode code) {
    const Status written = console::Console::Finish();
    return written.ok() ? code : Fail(written.error());
  }

  // Columns of the terminal behind stdout; 0 when it is none.
  [[nodiscard]] static std::size_t Width();
  [[nodiscard]] static bool StderrIsTerminal();
};

}  // namespace sekimori::ctl
