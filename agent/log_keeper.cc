#include "agent/log_keeper.h"

#include <algorithm>
#include <utility>

namespace sekimori::agent {

namespace {

bool IsStart(const model::Event& event) {
  return std::holds_alternative<model::AgentStarted>(event.body);
}

Status NotOpen() {
  return Error{ErrorCode::kUnavailable, "audit log", "the log could not be opened"};
}

}  // namespace

LogKeeper::LogKeeper(Terms terms, const signing::SigningKey& key, const ports::Clock& clock)
    : terms_(std::move(terms)), key_(key), clock_(clock) {}

Status LogKeeper::Open() {
  auto opened = audit_log::LogStore::Open(terms_.path, terms_.boot_id, key_, clock_);
  if (!opened.ok()) return opened.error();
  store_ = std::move(opened).value();
  if (generation_ == 0) unclean_stop_before_ = store_->unclean_stop_before();
  if (const std::optional<std::string> file = store_->quarantined()) {
    Tell({*file, store_->quarantine_reason()});
  } else if (generation_ > 0 && store_->log_id() != log_id_) {
    Tell({"", terms_.path.string()});
  }
  log_id_ = store_->log_id();
  ++generation_;
  return Status::Ok();
}

void LogKeeper::Tell(model::LogQuarantined what) {
  untold_.push_back({clock_.Now(), clock_.SinceBoot(), std::move(what)});
}

// Somebody changed the log underneath, or it is damaged: only opening it again, which checks it and sets it aside if
// need be, helps.
Status LogKeeper::Follow(Status status) {
  if (status.ok()) return status;
  const ErrorCode code = status.error().code;
  if (code == ErrorCode::kConflict || code == ErrorCode::kCorrupt || code == ErrorCode::kUntrusted) store_.reset();
  return status;
}

Status LogKeeper::Append(std::span<const model::Event> events) {
  if (store_ == nullptr) {
    if (Status opened = Open(); !opened.ok()) return opened;
  }
  const bool start = std::any_of(events.begin(), events.end(), IsStart);
  if (untold_.empty() && !start) return Follow(store_->Append(events));
  std::vector<model::Event> group = untold_;
  group.insert(group.end(), events.begin(), events.end());
  for (model::Event& event : group)
    if (auto* started = std::get_if<model::AgentStarted>(&event.body))
      started->unclean_stop_before = unclean_stop_before_;
  Status appended = Follow(store_->Append(group));
  if (appended.ok()) untold_.clear();
  return appended;
}

ports::LogHead LogKeeper::Head() const {
  if (store_ == nullptr) return {};
  const chain::Head head = store_->head();
  return {head.sequence, head.hash};
}

Status LogKeeper::WriteCheckpoint() {
  return store_ == nullptr ? NotOpen() : Follow(store_->WriteCheckpoint());
}

Result<bool> LogKeeper::Prune() {
  if (store_ == nullptr) return NotOpen().error();
  Result<bool> pruned = store_->Prune(terms_.keep);
  if (!pruned.ok()) (void)Follow(pruned.error());
  return pruned;
}

Status LogKeeper::MarkCleanStop() {
  return store_ == nullptr ? NotOpen() : Follow(store_->MarkCleanStop());
}

}  // namespace sekimori::agent
