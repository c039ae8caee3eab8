#include "drivers/linux/usb_source.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "drivers/linux/port_path.h"
#include "drivers/linux/usb_device_directory.h"

namespace sekimori::drivers {
namespace {

// Of 256 notices each, before the devices named are looked at.
constexpr int kMaxBatches = 64;

void Ring(const ScopedFd& bell) {
  const std::uint64_t one = 1;
  // Can only fail when the counter is full, and then the bell rings already.
  static_cast<void>(::write(bell.get(), &one, sizeof one) == 0);
}

bool Rang(const ScopedFd& bell) {
  std::uint64_t count = 0;
  return ::read(bell.get(), &count, sizeof count) == sizeof count;
}

}  // namespace

Result<std::unique_ptr<UsbSource>> UsbSource::Open() {
  // The kernel's notices first: what arrives while libusb lists devices is then told by them.
  Result<std::unique_ptr<UeventSocket>> uevents = UeventSocket::Open();
  if (!uevents.ok()) return uevents.error();
  Result<std::unique_ptr<LibusbBus>> bus = LibusbBus::Open();
  if (!bus.ok()) return bus.error();
  return std::make_unique<UsbSource>(std::move(bus).value(), std::move(uevents).value(), UsbPaths{});
}

UsbSource::UsbSource(std::unique_ptr<UsbBus> bus, std::unique_ptr<UeventFeed> uevents, UsbPaths paths)
    : bus_(std::move(bus)),
      uevents_(std::move(uevents)),
      paths_(std::move(paths)),
      scan_request_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      stop_request_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

UsbSource::~UsbSource() {
  Stop();
}

Status UsbSource::Start(ports::DeviceSink& sink) {
  if (thread_.joinable()) return Error{ErrorCode::kConflict, "usb source", "started already"};
  if (!scan_request_.valid() || !stop_request_.valid())
    return Error{ErrorCode::kIo, "eventfd", "no descriptors left to open"};
  static_cast<void>(Rang(stop_request_));
  sink_ = &sink;
  known_.clear();
  touched_.clear();
  scan_wanted_ = true;
  bus_->OnChange([this](std::string port_path) { touched_.insert(std::move(port_path)); });
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kIo, "usb source thread", error.what()};
  }
  return Status::Ok();
}

void UsbSource::RequestScan() {
  Ring(scan_request_);
}

void UsbSource::Stop() {
  if (!thread_.joinable()) return;
  Ring(stop_request_);
  thread_.join();
}

void UsbSource::Run() {
  ::pthread_setname_np(::pthread_self(), "usb-source");
  do {
    if (scan_wanted_)
      Scan();
    else
      LookAtTouched();
  } while (Wait());
}

bool UsbSource::Wait() {
  std::vector<pollfd> waiting = {
      {stop_request_.get(), POLLIN, 0}, {scan_request_.get(), POLLIN, 0}, {uevents_->fd(), POLLIN, 0}};
  for (const UsbBus::Waitable& waitable : bus_->Waitables())
    waiting.push_back({waitable.fd, waitable.events, 0});
  // What was read while looking at devices may have brought notices already; then only peek.
  const int timeout = touched_.empty() && !scan_wanted_ ? -1 : 0;
  if (::poll(waiting.data(), waiting.size(), timeout) < 0 && errno != EINTR) scan_wanted_ = true;
  if (Rang(stop_request_)) return false;
  if (Rang(scan_request_)) scan_wanted_ = true;
  TakeUevents();
  bus_->Dispatch();
  return true;
}

void UsbSource::TakeUevents() {
  std::string lost;
  // Bounded, so that a storm of notices cannot keep the source from looking at what they name.
  for (int round = 0; round < kMaxBatches; ++round) {
    UeventBatch batch = uevents_->Receive();
    for (const Uevent& uevent : batch.uevents)
      if (std::string port_path = UsbPortPathOf(uevent); !port_path.empty()) touched_.insert(std::move(port_path));
    if (!batch.lost.empty()) lost = std::move(batch.lost);
    if (!batch.more) break;
  }
  if (lost.empty()) return;
  scan_wanted_ = true;
  sink_->Deliver(ports::NoticesLost{"uevent", std::move(lost)});
}

void UsbSource::LookAtTouched() {
  std::vector<std::string> ports(touched_.begin(), touched_.end());
  touched_.clear();
  std::stable_sort(ports.begin(), ports.end(),
                   [](const std::string& left, const std::string& right) { return Tier(left) < Tier(right); });
  for (const std::string& port_path : ports)
    Look(port_path);
}

void UsbSource::Look(const std::string& port_path) {
  const auto known = known_.find(port_path);
  const model::Observation* before = known == known_.end() ? nullptr : &known->second;
  Result<model::Observation> seen = ObserveUsbDevice(*bus_, paths_, port_path, before, /*fresh=*/false);
  if (!seen.ok()) {
    Forget(port_path);
    return;
  }
  if (before != nullptr && *before == seen.value()) return;
  // Another connection: the device known here left first, whether or not its notice was still to come.
  if (before != nullptr && before->device.address != seen.value().device.address) Forget(port_path);
  known_.insert_or_assign(port_path, seen.value());
  sink_->Deliver(ports::DeviceSeen{std::move(seen).value()});
}

void UsbSource::Forget(const std::string& port_path) {
  if (known_.erase(port_path) > 0) sink_->Deliver(ports::DeviceLeft{port_path});
}

void UsbSource::Scan() {
  scan_wanted_ = false;
  touched_.clear();
  // What is known is looked for whatever the lists say: a list that cannot be read must not make devices vanish.
  std::set<std::string> ports;
  for (const auto& [port_path, seen] : known_)
    ports.insert(port_path);
  // Either list alone would do on a good day; what one of them misses must not go unjudged.
  if (const Result<std::vector<std::string>> listed = ListUsbDevices(paths_.sysfs); listed.ok())
    ports.insert(listed.value().begin(), listed.value().end());
  if (const Result<std::vector<std::string>> listed = bus_->PortPaths(); listed.ok())
    ports.insert(listed.value().begin(), listed.value().end());
  std::vector<std::string> ordered(ports.begin(), ports.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const std::string& left, const std::string& right) { return Tier(left) < Tier(right); });
  std::map<std::string, model::Observation> now;
  ports::AllDevices all;
  for (const std::string& port_path : ordered) {
    const auto known = known_.find(port_path);
    const model::Observation* before = known == known_.end() ? nullptr : &known->second;
    Result<model::Observation> seen = ObserveUsbDevice(*bus_, paths_, port_path, before, /*fresh=*/true);
    if (!seen.ok()) continue;
    all.observations.push_back(seen.value());
    now.emplace(port_path, std::move(seen).value());
  }
  known_ = std::move(now);
  sink_->Deliver(std::move(all));
}

}  // namespace sekimori::drivers
