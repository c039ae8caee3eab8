#include "drivers/linux/machine.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

#include <sys/utsname.h>
#include <unistd.h>

#include "proto/signing/sha256.h"

namespace sekimori::drivers {
namespace {

constexpr std::string_view kMachineIdKey = "sekimori machine id v1";
constexpr std::size_t kMachineIdLength = 32;
constexpr std::string_view kPrettyName = "PRETTY_NAME=";

// The first line; empty if there is none.
std::string FirstLine(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool IsMachineId(const std::string& text) {
  return text.size() == kMachineIdLength && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string ReadOs(const std::filesystem::path& root) {
  for (const char* name : {"etc/os-release", "usr/lib/os-release"}) {
    std::ostringstream text;
    text << std::ifstream(root / name).rdbuf();
    if (std::string os = PrettyName(text.str()); !os.empty()) return os;
  }
  return "Linux";
}

}  // namespace

std::string PrettyName(const std::string& os_release) {
  std::istringstream lines(os_release);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kPrettyName)) continue;
    std::string value = line.substr(kPrettyName.size());
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    std::string plain;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      plain.push_back(value[i]);
    }
    return plain;
  }
  return {};
}

Result<Machine> ReadMachine(const std::filesystem::path& root) {
  Machine machine;
  std::array<char, 256> hostname{};
  if (::gethostname(hostname.data(), hostname.size() - 1) == 0) machine.hostname = hostname.data();
  utsname names{};
  if (::uname(&names) == 0) machine.kernel = names.release;
  machine.os = ReadOs(root);
  machine.boot_id = FirstLine(root / "proc/sys/kernel/random/boot_id");
  if (machine.boot_id.empty())
    return Error{ErrorCode::kNotFound, (root / "proc/sys/kernel/random/boot_id").string(), "a boot id was expected"};
  const std::string machine_id = FirstLine(root / "etc/machine-id");
  if (!IsMachineId(machine_id))
    return Error{ErrorCode::kNotFound, (root / "etc/machine-id").string(),
                 "32 hexadecimal digits were expected (systemd-machine-id-setup makes them)"};
  machine.machine_id = signing::Hex(signing::Sha256({kMachineIdKey, std::string_view("\0", 1), machine_id}));
  return machine;
}

}  // namespace sekimori::drivers
