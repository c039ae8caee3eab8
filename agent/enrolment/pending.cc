#include "agent/enrolment/pending.h"

#include <utility>

namespace sekimori::enrolment {

Status PendingEnrolments::Add(const std::string& id, Pending pending, model::BootTime now) {
  if (waiting_.size() >= kMost)
    return Error{ErrorCode::kFull, "enrolment", "16 enrolments wait for their first code; each ends after 10 minutes"};
  pending.until = now + kLongest;
  if (!waiting_.try_emplace(id, std::move(pending)).second)
    return Error{ErrorCode::kExists, "enrolment", "chance gave an id that is in use"};
  return Status::Ok();
}

Pending* PendingEnrolments::Find(const std::string& id) {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? nullptr : &found->second;
}

void PendingEnrolments::Sweep(model::BootTime now) {
  std::erase_if(waiting_, [now](const auto& entry) { return entry.second.until <= now; });
}

std::optional<model::BootTime> PendingEnrolments::Due() const {
  std::optional<model::BootTime> due;
  for (const auto& [id, pending] : waiting_)
    if (!due || pending.until < *due) due = pending.until;
  return due;
}

}  // namespace sekimori::enrolment
