// Wake-ups, clock steps and logins, from the kernel and from logind. Req: R02
// A timer that the kernel cancels when the wall clock is set (or jumps on resume) wakes the watcher; nothing else does,
// but changes among logind's sessions. An agent that starts before logind waits for it; where there is none at all,
// logins are not noticed, and none are listed either.
// Source: timerfd_create(2) TFD_TIMER_CANCEL_ON_SET, sd_login_monitor_new(3), inotify(7).
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "agent/ports/system_notices.h"
#include "drivers/linux/clock_watch.h"
#include "drivers/linux/scoped_fd.h"

struct sd_login_monitor;

namespace sekimori::drivers {

class LinuxSystemNotices final : public ports::SystemNotices {
 public:
  LinuxSystemNotices() = default;
  ~LinuxSystemNotices() override;
  LinuxSystemNotices(const LinuxSystemNotices&) = delete;
  LinuxSystemNotices& operator=(const LinuxSystemNotices&) = delete;

  // kConflict: started already. kIo.
  [[nodiscard]] Status Start(std::function<void(ports::SystemNotice)> deliver) override;
  void Stop() override;

 private:
  struct MonitorCloser {
    void operator()(sd_login_monitor* monitor) const;
  };
  void Run();
  [[nodiscard]] Status Arm() const;
  void TakeClock();
  [[nodiscard]] Status WatchLogins();
  void TakeLogins();

  ScopedFd timer_;
  ScopedFd stop_request_;
  std::unique_ptr<sd_login_monitor, MonitorCloser> logins_;  // null until logind has begun to keep sessions
  ScopedFd logind_awaited_;                                  // inotify on where it will keep them; not valid after
  std::function<void(ports::SystemNotice)> deliver_;
  std::unique_ptr<ClockWatch> clocks_;
  std::thread thread_;
};

}  // namespace sekimori::drivers
