#include "drivers/linux/system_notices.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <systemd/sd-login.h>

#include "drivers/linux/clock_reading.h"

namespace sekimori::drivers {
namespace {

// logind keeps its sessions in a folder below this one. sd-login(3) has no call for "tell me when you begin".
constexpr const char* kSystemdFolder = "/run/systemd";

ClockReadings ReadClocks() {
  return {ReadClock(CLOCK_REALTIME), ReadClock(CLOCK_BOOTTIME), ReadClock(CLOCK_MONOTONIC)};
}

Error Failed(const char* what, int error) {
  return {ErrorCode::kIo, what, std::generic_category().message(error)};
}

}  // namespace

void LinuxSystemNotices::MonitorCloser::operator()(sd_login_monitor* monitor) const {
  ::sd_login_monitor_unref(monitor);
}

LinuxSystemNotices::~LinuxSystemNotices() {
  Stop();
}

Status LinuxSystemNotices::Arm() const {
  // Some 35,000 years on: only the cancelling matters.
  itimerspec far{};
  far.it_value.tv_sec = std::int64_t{1} << 40;
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, nullptr) != 0)
    return Failed("timerfd_settime", errno);
  return Status::Ok();
}

Status LinuxSystemNotices::WatchLogins() {
  // The wait before the try: a folder made in between is seen by one of them.
  if (!logind_awaited_.valid()) {
    logind_awaited_ = ScopedFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!logind_awaited_.valid()) return Failed("inotify_init1", errno);
    // Without this folder systemd does not run here, and nothing will come.
    static_cast<void>(::inotify_add_watch(logind_awaited_.get(), kSystemdFolder, IN_CREATE | IN_MOVED_TO));
  }
  sd_login_monitor* monitor = nullptr;
  const int watched = ::sd_login_monitor_new("session", &monitor);
  logins_.reset(monitor);
  if (watched < 0 && watched != -ENOENT) return Failed("sd_login_monitor_new", -watched);
  if (watched >= 0) logind_awaited_.Reset();
  return Status::Ok();
}

Status LinuxSystemNotices::Start(std::function<void(ports::SystemNotice)> deliver) {
  if (thread_.joinable()) return Error{ErrorCode::kConflict, "system notices", "started already"};
  timer_ = ScopedFd(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_.valid()) return Failed("timerfd_create", errno);
  stop_request_ = ScopedFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_request_.valid()) return Failed("eventfd", errno);
  if (Status armed = Arm(); !armed.ok()) return armed;
  clocks_ = std::make_unique<ClockWatch>(ReadClocks());
  if (Status watched = WatchLogins(); !watched.ok()) return watched;
  deliver_ = std::move(deliver);
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kIo, "system notices thread", error.what()};
  }
  return Status::Ok();
}

void LinuxSystemNotices::Stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_request_.get(), &one, sizeof one) == 0);
  thread_.join();
}

void LinuxSystemNotices::Run() {
  ::pthread_setname_np(::pthread_self(), "system-notices");
  for (;;) {
    std::array<pollfd, 3> waiting = {
        {{stop_request_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}, {logind_awaited_.get(), POLLIN, 0}}};
    if (logins_ != nullptr)
      waiting[2] = {::sd_login_monitor_get_fd(logins_.get()),
                    static_cast<short>(::sd_login_monitor_get_events(logins_.get())), 0};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) TakeClock();
    if (waiting[2].revents != 0) TakeLogins();
  }
}

void LinuxSystemNotices::TakeLogins() {
  if (logins_ != nullptr) {
    ::sd_login_monitor_flush(logins_.get());
    deliver_(ports::SessionsChanged{});
    return;
  }
  alignas(inotify_event) std::array<char, 4096> made{};
  while (::read(logind_awaited_.get(), made.data(), made.size()) > 0) {
  }
  // Whoever logged in before the watch began is told by this.
  if (WatchLogins().ok() && logins_ != nullptr) deliver_(ports::SessionsChanged{});
}

void LinuxSystemNotices::TakeClock() {
  std::uint64_t expirations = 0;
  // ECANCELED is the notice. Armed again before the clocks are read, so that a step in between is noticed too.
  static_cast<void>(::read(timer_.get(), &expirations, sizeof expirations));
  if (!Arm().ok()) timer_.Reset();
  for (const ports::SystemNotice& notice : clocks_->Notice(ReadClocks()))
    deliver_(notice);
}

}  // namespace sekimori::drivers
