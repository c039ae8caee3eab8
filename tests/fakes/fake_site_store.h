// The site's facts as the test sets them. One thread.
#pragma once

#include "agent/ports/site_store.h"

namespace sekimori::fakes {

class FakeSiteStore final : public ports::SiteStore {
 public:
  // --- The test's side.
  static Error NotEnrolled() { return {ErrorCode::kNotFound, "site.toml", "there is none"}; }
  static ports::SiteFacts Enrolled() {
    return {.site_id = "site",
            .terminal_id = "terminal",
            .group = "office",
            .collector_host = "collector.example",
            .collector_port = 7443,
            .server_name = "collector.example",
            .policy_key_der = "key"};
  }
  Result<ports::SiteFacts> facts = NotEnrolled();

  // --- The agent's side.
  [[nodiscard]] Result<ports::SiteFacts> Load() const override { return facts; }
  [[nodiscard]] Status Save(const ports::SiteFacts& saved) override {
    facts = saved;
    return Status::Ok();
  }
  [[nodiscard]] Status SetGroup(const std::string& terminal_id, const std::string& group) override {
    if (!facts.ok()) return facts.error();
    ports::SiteFacts moved = facts.value();
    if (moved.terminal_id != terminal_id) return Error{ErrorCode::kConflict, "site.toml", "another terminal's"};
    moved.group = group;
    facts = moved;
    return Status::Ok();
  }
};

}  // namespace sekimori::fakes
