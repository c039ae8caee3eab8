// LateSource: the machine's USB source, which may not be there yet (no USB in this kernel, libusb without its folder).
// Every scan asked for tries again to open it, so that nothing has to be restarted when it comes. Req: R02
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "agent/ports/device_source.h"

namespace sekimori::agent {

class LateSource final : public ports::DeviceSource {
 public:
  using Open = std::function<Result<std::unique_ptr<ports::DeviceSource>>()>;
  // `told` hears of every attempt to open it, on the thread that made it.
  LateSource(Open open, std::function<void(Status)> told);

  // Never fails for want of USB: that is told, and tried again.
  [[nodiscard]] Status Start(ports::DeviceSink& sink) override;
  void RequestScan() override;
  void Stop() override;
  // Whether there is USB to look at, as of the last attempt.
  [[nodiscard]] bool open() const;

 private:
  void TryToOpen();

  const Open open_;
  const std::function<void(Status)> told_;
  mutable std::mutex mutex_;  // starting and stopping against a scan that tries to open
  ports::DeviceSink* sink_ = nullptr;
  std::unique_ptr<ports::DeviceSource> source_;
};

}  // namespace sekimori::agent
