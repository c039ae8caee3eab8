#include "drivers/linux/sessions.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <system_error>

#include <grp.h>
#include <pwd.h>
#include <systemd/sd-login.h>

namespace sekimori::drivers {
namespace {

constexpr std::size_t kFirstBuffer = 1024;
constexpr std::size_t kLastBuffer = std::size_t{1} << 20;
constexpr int kMaxGroups = 4096;

struct Freer {
  void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, Freer>;

// Calls a getpw…_r or getgr…_r function with a buffer that grows until it fits; null when there is no such entry.
template <typename Entry, typename Get>
Entry* Look(Entry& entry, std::vector<char>& buffer, Get get) {
  for (std::size_t size = kFirstBuffer; size <= kLastBuffer; size *= 2) {
    buffer.resize(size);
    Entry* found = nullptr;
    const int error = get(&entry, buffer.data(), buffer.size(), &found);
    if (error == 0) return found;
    if (error != ERANGE && error != EINTR) return nullptr;
  }
  return nullptr;
}

std::string GroupName(gid_t gid) {
  group entry{};
  std::vector<char> buffer;
  const group* found = Look(entry, buffer, [&](group* place, char* bytes, std::size_t size, group** result) {
    return ::getgrgid_r(gid, place, bytes, size, result);
  });
  return found == nullptr ? std::string{} : std::string(found->gr_name);
}

std::vector<std::string> GroupsOf(const char* name, gid_t primary) {
  int count = 64;
  std::vector<gid_t> gids(static_cast<std::size_t>(count));
  while (::getgrouplist(name, primary, gids.data(), &count) < 0) {
    if (count > kMaxGroups) return {};
    count = std::max(count, static_cast<int>(gids.size()) * 2);
    gids.resize(static_cast<std::size_t>(count));
  }
  std::vector<std::string> groups;
  for (int i = 0; i < count; ++i)
    if (std::string group = GroupName(gids[static_cast<std::size_t>(i)]); !group.empty())
      groups.push_back(std::move(group));
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

// Of a person, and not on its way out. A session that vanished since it was listed is none.
bool IsPresent(const char* session) {
  char* raw = nullptr;
  if (::sd_session_get_class(session, &raw) < 0) return false;
  const Text kind(raw);
  // "greeter", "lock-screen", "background" and "manager" are not people.
  if (std::strcmp(kind.get(), "user") != 0) return false;
  raw = nullptr;
  if (::sd_session_get_state(session, &raw) < 0) return false;
  const Text state(raw);
  return std::strcmp(state.get(), "closing") != 0;
}

}  // namespace

Result<std::set<std::uint32_t>> LogindSessions::Uids() const {
  char** raw = nullptr;
  const int count = ::sd_get_sessions(&raw);
  std::set<std::uint32_t> uids;
  if (count == -ENOENT) return uids;
  if (count < 0) return Error{ErrorCode::kIo, "sd_get_sessions", std::generic_category().message(-count)};
  for (int i = 0; i < count; ++i) {
    const Text session(raw[i]);
    uid_t uid = 0;
    if (IsPresent(session.get()) && ::sd_session_get_uid(session.get(), &uid) >= 0) uids.insert(uid);
  }
  std::free(raw);
  return uids;
}

ports::LoggedInUser LogindSessions::Describe(std::uint32_t uid) const {
  passwd entry{};
  std::vector<char> buffer;
  const passwd* found = Look(entry, buffer, [&](passwd* place, char* bytes, std::size_t size, passwd** result) {
    return ::getpwuid_r(uid, place, bytes, size, result);
  });
  if (found == nullptr) return {"uid:" + std::to_string(uid), {}};
  return {found->pw_name, GroupsOf(found->pw_name, found->pw_gid)};
}

}  // namespace sekimori::drivers
