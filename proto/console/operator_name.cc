#include "proto/console/operator_name.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <vector>

#include <pwd.h>
#include <unistd.h>

namespace sekimori::console {

namespace {

// What the kernel gives where nobody logged in: a service, a container without audit.
constexpr std::uint32_t kNoLogin = UINT32_MAX;
constexpr std::size_t kMaxName = 64;

std::string NameOf(uid_t uid) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return std::string(found->pw_name).substr(0, kMaxName);
  return "uid " + std::to_string(uid);
}

std::optional<uid_t> LoginUid() {
  std::ifstream file("/proc/self/loginuid");
  std::uint32_t uid = kNoLogin;
  if (!(file >> uid) || uid == kNoLogin) return std::nullopt;
  return uid;
}

}  // namespace

std::string OperatorName() {
  if (const std::optional<uid_t> login = LoginUid()) return NameOf(*login);
  const char* sudo_user = std::getenv("SUDO_USER");
  if (::getuid() == 0 && sudo_user != nullptr && *sudo_user != '\0')
    return std::string(sudo_user).substr(0, kMaxName) + " (sudo)";
  return NameOf(::getuid());
}

}  // namespace sekimori::console
