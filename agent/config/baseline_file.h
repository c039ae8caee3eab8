// The baseline, the devices adopted at installation, as TOML. Pure; any thread. Req: R02
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/model/policy.h"
#include "proto/result.h"

namespace sekimori::config {

inline constexpr std::size_t kMaxAdopted = 2000;

// Any serial number comes back as it was, byte by byte. A product name is for people: what may not stand in a text is
// replaced, and it is cut to 126 characters.
[[nodiscard]] std::string RenderBaseline(const model::Baseline& baseline);
// kInvalid with `where` "name:LINE"; kTooLarge.
[[nodiscard]] Result<model::Baseline> ParseBaseline(std::string_view toml, const std::string& name);

}  // namespace sekimori::config
