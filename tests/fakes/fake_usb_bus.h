// What libusb would say, set by the test, and kernel notices given by the test. Any thread, like the real ones.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <sys/eventfd.h>

#include "drivers/linux/scoped_fd.h"
#include "drivers/linux/uevent_socket.h"
#include "drivers/portable/usb_identity.h"

namespace sekimori::fakes {

// A descriptor that is readable while it is rung.
class Bell {
 public:
  Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void Ring() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(fd_.get(), &one, sizeof one) == 0);
  }
  void Quiet() {
    std::uint64_t count = 0;
    static_cast<void>(::read(fd_.get(), &count, sizeof count) == 0);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  drivers::ScopedFd fd_;
};

class FakeUsbBus final : public drivers::UsbBus {
 public:
  void List(std::vector<std::string> port_paths) {
    const std::lock_guard lock(mutex_);
    listed_ = std::move(port_paths);
  }
  // The answer of every device, with names cut or filled up to the interfaces there are.
  void Answer(Result<drivers::UsbIdentity> identity) {
    const std::lock_guard lock(mutex_);
    identity_ = std::move(identity);
  }
  // Runs whenever a device is asked who it is, on the source's thread. Set it before the source starts.
  void OnRead(std::function<void()> read) { read_ = std::move(read); }
  void Hotplug(const std::string& port_path) {
    const std::lock_guard lock(mutex_);
    pending_.push_back(port_path);
    bell_.Ring();
  }
  [[nodiscard]] int identities_read() const {
    const std::lock_guard lock(mutex_);
    return identities_read_;
  }

  Result<std::vector<std::string>> PortPaths() override {
    const std::lock_guard lock(mutex_);
    return listed_;
  }
  Result<drivers::UsbIdentity> ReadIdentity(int, const drivers::ParsedDescriptors& parsed) override {
    if (read_) read_();
    const std::lock_guard lock(mutex_);
    ++identities_read_;
    Result<drivers::UsbIdentity> identity = identity_;
    if (identity.ok()) identity.value().interface_names.resize(parsed.interfaces.size());
    return identity;
  }
  std::vector<Waitable> Waitables() override { return {{bell_.fd(), 1 /* POLLIN */}}; }
  void Dispatch() override {
    std::deque<std::string> pending;
    {
      const std::lock_guard lock(mutex_);
      pending.swap(pending_);
      bell_.Quiet();
    }
    for (std::string& port_path : pending)
      if (changed_) changed_(std::move(port_path));
  }
  void OnChange(std::function<void(std::string)> changed) override { changed_ = std::move(changed); }

 private:
  mutable std::mutex mutex_;
  Bell bell_;
  std::vector<std::string> listed_;
  std::deque<std::string> pending_;
  Result<drivers::UsbIdentity> identity_ = drivers::UsbIdentity{"Maker", "Thing", "S1", {}, true};
  int identities_read_ = 0;
  std::function<void(std::string)> changed_;
  std::function<void()> read_;
};

class FakeUeventFeed final : public drivers::UeventFeed {
 public:
  void Give(drivers::Uevent uevent) {
    const std::lock_guard lock(mutex_);
    waiting_.uevents.push_back(std::move(uevent));
    bell_.Ring();
  }
  void Lose(std::string why) {
    const std::lock_guard lock(mutex_);
    waiting_.uevents.clear();
    waiting_.lost = std::move(why);
    bell_.Ring();
  }

  [[nodiscard]] int fd() const override { return bell_.fd(); }
  drivers::UeventBatch Receive() override {
    const std::lock_guard lock(mutex_);
    bell_.Quiet();
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  Bell bell_;
  drivers::UeventBatch waiting_;
};

}  // namespace sekimori::fakes
