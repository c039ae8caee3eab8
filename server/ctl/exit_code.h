// What sekimorictl's exit status says. Documented in `sekimorictl --help` and docs; scripts rely on it.
#pragma once

#include "proto/result.h"

namespace sekimori::ctl {

enum ExitCode : int {
  kDone = 0,     // done, or nothing wrong was found
  kFound = 1,    // verify: tampering; policy diff: the texts differ
  kFailed = 2,   // could not be done: files, database, permissions
  kRefused = 3,  // what was asked for is wrong: no such terminal, policy text with mistakes, already revoked
  kUsage = 64,   // the command line itself (sysexits.h, EX_USAGE)
};

[[nodiscard]] constexpr ExitCode ExitCodeFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
    case ErrorCode::kExists:
    case ErrorCode::kConflict:
    case ErrorCode::kExpired:
    case ErrorCode::kTooLarge:
      return kRefused;
    case ErrorCode::kDenied:
    case ErrorCode::kUntrusted:
    case ErrorCode::kCorrupt:
    case ErrorCode::kFull:
    case ErrorCode::kTimeout:
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnsupported:
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return kFailed;
  }
  return kFailed;
}

}  // namespace sekimori::ctl
