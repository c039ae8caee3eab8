#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent/service.h"

namespace sekimori::agent {

namespace {

Error SystemError(const std::string& where, const char* act) {
  return Error{ErrorCode::kIo, where, std::string(act) + ": " + std::strerror(errno)};
}

}  // namespace

Status ProtectProcess() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return SystemError("process", "setrlimit RLIMIT_CORE");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return SystemError("process", "prctl PR_SET_DUMPABLE");
  return Status::Ok();
}

Result<InstanceLock> InstanceLock::Take(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return SystemError(file.string(), "open");
  InstanceLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return Error{ErrorCode::kConflict, file.string(), "another agent is running here"};
  return SystemError(file.string(), "flock");
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) ::close(fd_);
}

std::string SayWhyNot(words::Language language, const Error& error) {
  if (error.code != ErrorCode::kConflict) return words::SayError(language, error);
  return words::Say(language, "agent.runs_already", {{"file", error.where}});
}

void NotifyReady(const std::string& status) {
  (void)::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void NotifyReloading() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  (void)::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                     static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

void NotifyStopping() {
  (void)::sd_notify(0, "STOPPING=1");
}

void NotifyAlive() {
  (void)::sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::microseconds> WatchdogInterval() {
  std::uint64_t allowed = 0;
  if (::sd_watchdog_enabled(0, &allowed) <= 0 || allowed < 2) return std::nullopt;
  return std::chrono::microseconds(allowed / 2);
}

Status MakeFolder(const std::filesystem::path& folder, std::filesystem::perms permissions) {
  std::error_code error;
  if (!folder.parent_path().empty()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) return Error{ErrorCode::kIo, folder.parent_path().string(), error.message()};
  if (::mkdir(folder.c_str(), static_cast<mode_t>(permissions)) == 0) {
    // Exactly these, whatever the process' mask says.
    if (::chmod(folder.c_str(), static_cast<mode_t>(permissions)) != 0) return SystemError(folder.string(), "chmod");
    return Status::Ok();
  }
  return errno == EEXIST ? Status::Ok() : Status(SystemError(folder.string(), "mkdir"));
}

}  // namespace sekimori::agent
