#include "agent/cli/people.h"

#include <vector>

#include <pwd.h>

namespace sekimori::cli {

std::string NameOf(std::uint32_t uid) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(uid);
}

}  // namespace sekimori::cli
