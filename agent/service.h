// What the agent owes the system that runs it: one instance, no core dumps of its key, and word to systemd.
// Source: sd_notify(3), sd_watchdog_enabled(3), prctl(2), flock(2). Any thread, but Protect() first.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "proto/result.h"
#include "proto/words/words.h"

namespace sekimori::agent {

// The process holds a private key: it cannot be dumped, nor read by others of its user.
[[nodiscard]] Status ProtectProcess();

// Held for as long as it lives. The kernel lets go of it when the process ends, however it ends.
class InstanceLock {
 public:
  // kConflict: another agent holds it. kIo.
  [[nodiscard]] static Result<InstanceLock> Take(const std::filesystem::path& file);
  InstanceLock(InstanceLock&& other) noexcept;
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

// Why it does not start, for whoever started it. Another agent, the one conflict there is then, is nobody's fault and
// no sign of tampering.
[[nodiscard]] std::string SayWhyNot(words::Language language, const Error& error);

void NotifyReady(const std::string& status);
void NotifyReloading();
void NotifyStopping();
void NotifyAlive();
// Half of what the watchdog allows; empty if none watches.
[[nodiscard]] std::optional<std::chrono::microseconds> WatchdogInterval();

// The folder with these permissions, made if it is missing.
[[nodiscard]] Status MakeFolder(const std::filesystem::path& folder, std::filesystem::perms permissions);

}  // namespace sekimori::agent
