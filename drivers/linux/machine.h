// Plain facts about this machine, for the log and for enrolment. Any thread. Req: R05
// Source: gethostname(2), uname(2), os-release(5), machine-id(5), random(4) boot_id.
#pragma once

#include <filesystem>
#include <string>

#include "proto/result.h"

namespace sekimori::drivers {

struct Machine {
  std::string hostname;
  std::string os;          // PRETTY_NAME: "Debian GNU/Linux 12 (bookworm)"; "Linux" where it is not told
  std::string kernel;      // "6.1.0-28-amd64"
  std::string boot_id;     // UUID, another one for every boot
  std::string machine_id;  // SHA-256, hexadecimal, of /etc/machine-id keyed with the product's name: the id itself is
                           // meant to stay on its machine, machine-id(5)
};

// `root` is "/", or a tree built like it. kNotFound: no machine id or boot id; they are what tells terminals apart.
[[nodiscard]] Result<Machine> ReadMachine(const std::filesystem::path& root = "/");

// The value of PRETTY_NAME with its shell quoting undone; empty if it is not there.
[[nodiscard]] std::string PrettyName(const std::string& os_release);

}  // namespace sekimori::drivers
