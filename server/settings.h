// The collector's settings, from a TOML file. Every key is optional; an unknown one is an error. Req: R12
#pragma once

#include <filesystem>
#include <string_view>

#include "proto/result.h"
#include "server/intake/collector.h"

namespace sekimori::server {

struct Settings {
  std::filesystem::path data_directory = "/var/lib/sekimori-collector";
  intake::CollectorTerms collector;
  std::chrono::days terminal_certificate_life{825};
};

// kInvalid with `where` "name:LINE" and what was expected there; kTooLarge.
[[nodiscard]] Result<Settings> ParseSettings(std::string_view toml, const std::string& name);

}  // namespace sekimori::server
