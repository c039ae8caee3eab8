// MovedCollector: the site's facts as enrolment stored them, with the address of agent.toml in place of theirs.
#pragma once

#include <optional>
#include <utility>

#include "agent/config/agent_config.h"
#include "agent/ports/site_store.h"

namespace sekimori::agent {

class MovedCollector final : public ports::SiteStore {
 public:
  MovedCollector(ports::SiteStore& stored, std::optional<config::CollectorOverride> moved)
      : stored_(stored), moved_(std::move(moved)) {}

  [[nodiscard]] Result<ports::SiteFacts> Load() const override {
    Result<ports::SiteFacts> facts = stored_.Load();
    if (!facts.ok() || !moved_) return facts;
    facts.value().collector_host = moved_->host;
    facts.value().collector_port = moved_->port;
    if (moved_->server_name) facts.value().server_name = *moved_->server_name;
    return facts;
  }
  [[nodiscard]] Status Save(const ports::SiteFacts& facts) override { return stored_.Save(facts); }
  // Not Load and Save: the address of agent.toml would become the stored one.
  [[nodiscard]] Status SetGroup(const std::string& terminal_id, const std::string& group) override {
    return stored_.SetGroup(terminal_id, group);
  }

 private:
  ports::SiteStore& stored_;
  const std::optional<config::CollectorOverride> moved_;
};

}  // namespace sekimori::agent
