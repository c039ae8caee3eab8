// Root gives itself up: what sekimorictl writes must belong to the collector's user, or the collector could not go on.
#pragma once

#include <filesystem>

#include "proto/result.h"

namespace sekimori::ctl {

inline constexpr const char* kCollectorUser = "sekimori-collector";

// Makes the directory, 0700, if it is not there: root's then becomes the collector's user's, if this system has that
// user. kDenied when it is there and group or others may enter it.
[[nodiscard]] Status PrepareDataDirectory(const std::filesystem::path& directory);

// When running as root: becomes the directory's owner for good (gid, groups, uid). Else nothing. kNotFound.
[[nodiscard]] Status BecomeOwnerOf(const std::filesystem::path& directory);

}  // namespace sekimori::ctl
