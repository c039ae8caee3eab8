// Every USB device of this machine, seen from two sides: the kernel's uevents, which come first, and libusb's hot-plug
// notices, which are the net below them. Either leads to one fresh look at the device named; what the look shows is
// delivered when it is news. Req: R02. Why two: docs/adr/0008-usb-notices.md
// Threads: one of its own, which sleeps while nothing happens; it alone reads devices and calls the sink.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/ports/device_source.h"
#include "drivers/linux/scoped_fd.h"
#include "drivers/linux/uevent_socket.h"
#include "drivers/linux/usb_observer.h"
#include "drivers/portable/usb_identity.h"

namespace sekimori::drivers {

class UsbSource final : public ports::DeviceSource {
 public:
  // The machine's own: libusb, the kernel's notices, /sys and /dev/bus/usb. Errors as LibusbBus and UeventSocket.
  // `again`: when a device that did not answer is asked once more, each counted from the time before. Empty: never.
  using Again = std::vector<std::chrono::milliseconds>;
  static Again AfterOneTwoAndFourSeconds() {
    return {std::chrono::seconds{1}, std::chrono::seconds{2}, std::chrono::seconds{4}};
  }
  [[nodiscard]] static Result<std::unique_ptr<UsbSource>> Open(Again again = AfterOneTwoAndFourSeconds());
  UsbSource(std::unique_ptr<UsbBus> bus, std::unique_ptr<UeventFeed> uevents, UsbPaths paths,
            Again again = AfterOneTwoAndFourSeconds());
  ~UsbSource() override;

  // kConflict: started already.
  [[nodiscard]] Status Start(ports::DeviceSink& sink) override;
  void RequestScan() override;
  void Stop() override;

 private:
  void Run();
  // False: asked to stop.
  [[nodiscard]] bool Wait();
  void TakeUevents();
  void LookAtTouched();
  void Look(const std::string& port_path, Ask ask);
  void Scan();
  void TellOfPart(std::vector<model::Observation> seen, const std::set<std::string>& not_looked_at);
  void Take(model::Observation seen);
  void Forget(const std::string& port_path);
  [[nodiscard]] Result<model::Observation> Observe(const std::string& port_path, Ask ask);
  void Follow(const UsbLook& look);
  void AskSilentOnesAgain();
  // For poll(2): until a silent device is to be asked again; -1 for ever.
  [[nodiscard]] int UntilNextAsking() const;

  std::unique_ptr<UsbBus> bus_;
  std::unique_ptr<UeventFeed> uevents_;
  UsbPaths paths_;
  const Again again_;
  ScopedFd scan_request_;  // eventfds, so that any thread can wake the source
  ScopedFd stop_request_;
  std::atomic<bool> stopping_{false};  // asked between two devices: one that is silent takes seconds
  std::thread thread_;

  // Of the source's thread alone.
  ports::DeviceSink* sink_ = nullptr;
  std::map<std::string, model::Observation> known_;  // by port path: what was last delivered
  std::set<std::string> touched_;                    // port paths named by notices, not looked at yet
  struct Silent {
    std::uint32_t address = 0;  // the connection
    std::size_t asked_again = 0;
    std::optional<std::chrono::steady_clock::time_point> due;  // empty: it had its chances
  };
  std::map<std::string, Silent> silent_;  // by port path: devices that did not answer when they were asked
  bool scan_wanted_ = false;
  bool part_unseen_ = false;  // a device could not be looked at, and no scan since could look at everything
};

}  // namespace sekimori::drivers
