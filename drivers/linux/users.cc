#include "drivers/linux/users.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <grp.h>
#include <pwd.h>

namespace sekimori::drivers {
namespace {

constexpr std::size_t kFirstBuffer = 1024;
constexpr std::size_t kLastBuffer = std::size_t{1} << 20;
constexpr int kFirstGroups = 64, kMostGroups = 1 << 16;  // the kernel's own bound (NGROUPS_MAX)

using Found = Result<std::optional<model::LoginUser>>;

struct Account {
  std::uint32_t uid = 0;
  std::uint32_t group = 0;
  std::string name;
};

Error NameServiceError(int error) {
  return {ErrorCode::kIo, "name service", std::generic_category().message(error)};
}

// Calls a getpw…_r or getgr…_r function with a buffer that grows until it fits, and gives what it finds to `take`.
// False: there is no such entry.
template <typename Entry, typename Get, typename Take>
Result<bool> Look(Get get, Take take) {
  Entry entry{};
  std::vector<char> buffer;
  for (std::size_t size = kFirstBuffer; size <= kLastBuffer;) {
    buffer.resize(size);
    Entry* found = nullptr;
    const int error = get(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) {
      size *= 2;
      continue;
    }
    if (error == EINTR) continue;
    if (found != nullptr) take(*found);
    // "Not found" has many names: getpwnam_r(3).
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return found != nullptr;
    return NameServiceError(error);
  }
  return Error{ErrorCode::kTooLarge, "name service", "an entry of more than 1 MiB"};
}

Result<std::optional<Account>> AccountOf(auto get) {
  std::optional<Account> account;
  const Result<bool> found = Look<passwd>(get, [&](const passwd& entry) {
    account = Account{entry.pw_uid, entry.pw_gid, entry.pw_name};
  });
  if (!found.ok()) return found.error();
  return account;
}

Result<std::vector<std::string>> GroupsOf(const Account& account) {
  int count = kFirstGroups;
  std::vector<gid_t> gids(static_cast<std::size_t>(count));
  while (::getgrouplist(account.name.c_str(), account.group, gids.data(), &count) < 0) {
    if (gids.size() >= kMostGroups) return Error{ErrorCode::kTooLarge, "name service", "a user in too many groups"};
    gids.resize(std::min<std::size_t>(kMostGroups, std::max(static_cast<std::size_t>(count), gids.size() * 2)));
    count = static_cast<int>(gids.size());
  }
  std::vector<std::string> groups;
  for (int i = 0; i < count; ++i) {
    const Result<bool> found = Look<group>(
        [&](group* place, char* bytes, std::size_t size, group** result) {
          return ::getgrgid_r(gids[static_cast<std::size_t>(i)], place, bytes, size, result);
        },
        [&](const group& entry) { groups.emplace_back(entry.gr_name); });
    if (!found.ok()) return found.error();
  }
  std::ranges::sort(groups);
  const auto twice = std::ranges::unique(groups);
  groups.erase(twice.begin(), twice.end());
  return groups;
}

}  // namespace

Found FindUser(const std::string& name) {
  const Result<std::optional<Account>> typed =
      AccountOf([&](passwd* place, char* bytes, std::size_t size, passwd** result) {
        return ::getpwnam_r(name.c_str(), place, bytes, size, result);
      });
  if (!typed.ok()) return typed.error();
  if (!typed.value() || typed.value()->uid == model::kNobody) return std::optional<model::LoginUser>();
  const std::uint32_t uid = typed.value()->uid;
  const Result<std::optional<Account>> owner =
      AccountOf([&](passwd* place, char* bytes, std::size_t size, passwd** result) {
        return ::getpwuid_r(uid, place, bytes, size, result);
      });
  if (!owner.ok()) return owner.error();
  if (!owner.value() || owner.value()->uid != uid)
    return Error{ErrorCode::kConflict, "name service", "the name has a uid that nobody has"};
  Result<std::vector<std::string>> groups = GroupsOf(*owner.value());
  if (!groups.ok()) return groups.error();
  return std::optional(model::LoginUser{uid, owner.value()->name, std::move(groups).value()});
}

struct SystemUsers::State {
  State(Search asked, std::size_t bound) : search(std::move(asked)), at_once(bound) {}
  const Search search;
  const std::size_t at_once;
  std::mutex mutex;
  std::condition_variable news;
  std::size_t asking = 0;
};

SystemUsers::SystemUsers(Search search, const Bounds& bounds)
    : state_(std::make_shared<State>(std::move(search), bounds.at_once)), patience_(bounds.patience) {}

Found SystemUsers::Find(const std::string& name) const {
  const auto answer = std::make_shared<std::optional<Found>>();
  std::unique_lock lock(state_->mutex);
  if (state_->asking >= state_->at_once)
    return Error{ErrorCode::kUnavailable, "name service", "too many questions wait for it"};
  try {
    std::thread([state = state_, answer, name] {
      Found found = state->search(name);
      const std::lock_guard answered(state->mutex);
      answer->emplace(std::move(found));
      --state->asking;
      state->news.notify_all();
    }).detach();
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kUnavailable, "name service", error.what()};
  }
  ++state_->asking;
  if (!state_->news.wait_for(lock, patience_, [&] { return answer->has_value(); }))
    return Error{ErrorCode::kTimeout, "name service", "no answer in time"};
  return std::move(**answer);
}

}  // namespace sekimori::drivers
