#include "agent/known_users.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace sekimori::agent {

using ports::LoggedInUser;

// Held by the asking thread too, which may outlive its KnownUsers.
struct KnownUsers::State {
  State(std::shared_ptr<const ports::Logins> asked, std::function<void()> told)
      : logins(std::move(asked)), changed(std::move(told)) {}
  const std::shared_ptr<const ports::Logins> logins;
  const std::function<void()> changed;
  std::mutex mutex;
  std::condition_variable news;
  std::set<std::uint32_t> present;
  std::map<std::uint32_t, LoggedInUser> known;  // of those present
  std::set<std::uint32_t> to_ask;
  std::optional<Error> error;  // who is there could not be read
  bool asking = false;
  bool closed = false;
};

KnownUsers::KnownUsers(std::shared_ptr<const ports::Logins> logins, std::function<void()> changed)
    : state_(std::make_shared<State>(std::move(logins), std::move(changed))) {
  try {
    std::thread([state = state_] { Ask(state); }).detach();
  } catch (const std::system_error&) {
    // Nobody is ever named then: rules that ask for users do not match.
  }
}

KnownUsers::~KnownUsers() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->news.notify_all();
}

void KnownUsers::Ask(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->news.wait(lock, [&] { return state->closed || !state->to_ask.empty(); });
    if (state->closed) return;
    const std::uint32_t uid = *state->to_ask.begin();
    state->to_ask.erase(uid);
    state->asking = true;
    lock.unlock();
    LoggedInUser user = state->logins->Describe(uid);
    lock.lock();
    state->asking = false;
    if (state->closed) return;
    const auto known = state->known.find(uid);
    const bool new_to_us = state->present.contains(uid) && (known == state->known.end() || known->second != user);
    if (new_to_us) state->known.insert_or_assign(uid, std::move(user));
    state->news.notify_all();
    // With the lock held, so that the destructor waits for it.
    if (new_to_us) state->changed();
  }
}

void KnownUsers::Refresh() {
  const std::lock_guard in_turn(refreshing_);
  Result<std::set<std::uint32_t>> now = state_->logins->Uids();
  const std::lock_guard lock(state_->mutex);
  state_->error.reset();
  state_->present.clear();
  if (now.ok())
    state_->present = std::move(now).value();
  else
    state_->error = now.error();
  std::erase_if(state_->known, [&](const auto& user) { return !state_->present.contains(user.first); });
  state_->to_ask = state_->present;
  state_->news.notify_all();
}

void KnownUsers::WaitUntilKnown(std::chrono::milliseconds within) const {
  std::unique_lock lock(state_->mutex);
  state_->news.wait_for(lock, within, [&] { return state_->to_ask.empty() && !state_->asking; });
}

Result<std::vector<LoggedInUser>> KnownUsers::LoggedIn() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->error) return *state_->error;
  std::vector<LoggedInUser> users;
  for (const auto& [uid, user] : state_->known)
    users.push_back(user);
  std::sort(users.begin(), users.end());
  return users;
}

}  // namespace sekimori::agent
