// What enrolment taught the terminal about its site, as a small TOML file (0600). Req: R12
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/ports/site_store.h"
#include "proto/result.h"

namespace sekimori::config {

[[nodiscard]] std::string RenderSiteFacts(const ports::SiteFacts& facts);
// kCorrupt: nobody but the agent writes this file, so whatever is wrong with it is damage.
[[nodiscard]] Result<ports::SiteFacts> ParseSiteFacts(std::string_view toml, const std::string& name);

// Several threads: every Save replaces the file whole, every Load reads it afresh.
class FileSiteStore final : public ports::SiteStore {
 public:
  explicit FileSiteStore(std::filesystem::path file) : file_(std::move(file)) {}
  // Also kDenied: others can read the file, or it belongs to another user; kIo.
  [[nodiscard]] Result<ports::SiteFacts> Load() const override;
  // kInvalid: the facts could not be read back; kIo, kFull.
  [[nodiscard]] Status Save(const ports::SiteFacts& facts) override;

 private:
  std::filesystem::path file_;
};

}  // namespace sekimori::config
