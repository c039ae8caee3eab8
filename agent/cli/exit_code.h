// What the exit status of `sekimori` says. Documented in `sekimori --help`; scripts rely on it.
#pragma once

#include "proto/result.h"

namespace sekimori::cli {

enum ExitCode : int {
  kDone = 0,      // done, or all is well
  kNegative = 1,  // asked and answered no: tampering found, mistakes in a policy, trouble in `status`
  kFailed = 2,    // could not be done or asked
  kDenied = 3,    // not permitted to whom asked
  kUsage = 64,    // the command line itself (sysexits.h, EX_USAGE)
};

[[nodiscard]] constexpr ExitCode ExitCodeFor(ErrorCode code) {
  return code == ErrorCode::kDenied ? kDenied : kFailed;
}

}  // namespace sekimori::cli
