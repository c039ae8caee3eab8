#include "agent/door/open_sessions.h"

#include <algorithm>

namespace sekimori::door {
namespace {

bool Known(const model::LoginProcess& process) {
  return process.pid > 1 && process.started != 0;
}

bool SameUser(const model::LoginRequest& a, const model::LoginRequest& b) {
  return a.user && b.user && a.user->uid == b.user->uid && a.service == b.service;
}

}  // namespace

void OpenSessions::Opened(const model::LoginRequest& request) {
  if (!Known(request.process)) return;
  const std::lock_guard lock(mutex_);
  if (open_.size() >= most_) open_.pop_front();
  open_.push_back(request);
}

bool OpenSessions::Close(const model::LoginRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto opened = std::ranges::find_if(open_, [&](const model::LoginRequest& each) {
    return SameUser(each, request) && (each.process == request.process || each.process == request.parent);
  });
  if (opened == open_.end()) return false;
  open_.erase(opened);
  return true;
}

}  // namespace sekimori::door
