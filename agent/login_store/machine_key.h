// The key that a terminal's login secrets are sealed with: 32 bytes in a file only root can read. Inside of
// login_store.
#pragma once

#include <cstddef>
#include <filesystem>

#include "agent/model/secret.h"
#include "agent/ports/random.h"
#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::login_store {

inline constexpr std::size_t kKeySize = 32;

// kNotFound; kCorrupt: not as long as a key; kDenied: open to others than its owner, or another user's; kIo.
[[nodiscard]] Result<model::Secret> LoadKey(const std::filesystem::path& path);
// Whole or not at all, synced. kExists: never in place of another.
[[nodiscard]] Result<model::Secret> MakeKey(const std::filesystem::path& path, ports::Random& random);

// Says which key it is and nothing about it.
[[nodiscard]] signing::Sha256Hash CheckOf(const model::Secret& key);

}  // namespace sekimori::login_store
