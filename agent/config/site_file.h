// What enrolment taught the terminal about its site, as a small TOML file (0600). Req: R12
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/ports/site_store.h"
#include "proto/result.h"

namespace sekimori::config {

[[nodiscard]] std::string RenderSiteFacts(const ports::SiteFacts& facts);
// kCorrupt: nobody but the agent writes this file, so whatever is wrong with it is damage.
[[nodiscard]] Result<ports::SiteFacts> ParseSiteFacts(std::string_view toml, const std::string& name);
// Whether these facts can be written down and read again. kInvalid.
[[nodiscard]] Status CheckSiteFacts(const ports::SiteFacts& facts, const std::string& name);

// Several threads: every write replaces the file whole, every Load reads it afresh.
class FileSiteStore final : public ports::SiteStore {
 public:
  explicit FileSiteStore(std::filesystem::path file) : file_(std::move(file)) {}
  // Also kDenied: others can read the file, or it belongs to another user; kIo.
  [[nodiscard]] Result<ports::SiteFacts> Load() const override;
  // kInvalid: the facts could not be read back; kIo, kFull.
  [[nodiscard]] Status Save(const ports::SiteFacts& facts) override;
  // Also the errors of Load and Save.
  [[nodiscard]] Status SetGroup(const std::string& terminal_id, const std::string& group) override;

 private:
  [[nodiscard]] Status Write(const ports::SiteFacts& facts);

  std::filesystem::path file_;
  std::mutex writing_;  // an enrolment on the link's thread, a move on the deciding one
};

}  // namespace sekimori::config
