// Where agent and command line meet: the names of files in the state and run directories. One list for both.
#pragma once

#include <filesystem>

namespace sekimori::control {

inline constexpr const char* kConfigFile = "/etc/sekimori/agent.toml";

[[nodiscard]] inline std::filesystem::path LogFile(const std::filesystem::path& state) {
  return state / "log.db";
}
[[nodiscard]] inline std::filesystem::path KeyFile(const std::filesystem::path& state) {
  return state / "terminal.key";
}
// Its public half, for who only verifies.
[[nodiscard]] inline std::filesystem::path PublicKeyFile(const std::filesystem::path& state) {
  return state / "terminal.pub";
}
[[nodiscard]] inline std::filesystem::path SiteFile(const std::filesystem::path& state) {
  return state / "site.toml";
}
[[nodiscard]] inline std::filesystem::path SocketFile(const std::filesystem::path& run) {
  return run / "control.sock";
}
// Where the login module asks (drivers/linux/pam/place.c).
[[nodiscard]] inline std::filesystem::path LoginSocketFile(const std::filesystem::path& run) {
  return run / "login.sock";
}
[[nodiscard]] inline std::filesystem::path LockFile(const std::filesystem::path& run) {
  return run / "lock";
}
// Beside the configuration: put there to enrol unattended, taken away once used.
[[nodiscard]] inline std::filesystem::path TokenFile(const std::filesystem::path& config_file) {
  return config_file.parent_path() / "enrolment-token";
}

}  // namespace sekimori::control
