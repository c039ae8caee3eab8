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

// kInvalid: a name that no device can have.
bool IsGone(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalid;
}

bool Rang(const ScopedFd& bell) {
  std::uint64_t count = 0;
  return ::read(bell.get(), &count, sizeof count) == sizeof count;
}

}  // namespace

Result<std::unique_ptr<UsbSource>> UsbSource::Open(Again again) {
  // The kernel's notices first: what arrives while libusb lists devices is then told by them.
  Result<std::unique_ptr<UeventSocket>> uevents = UeventSocket::Open();
  if (!uevents.ok()) return uevents.error();
  Result<std::unique_ptr<LibusbBus>> bus = LibusbBus::Open();
  if (!bus.ok()) return bus.error();
  return std::make_unique<UsbSource>(std::move(bus).value(), std::move(uevents).value(), UsbPaths{}, std::move(again));
}

UsbSource::UsbSource(std::unique_ptr<UsbBus> bus, std::unique_ptr<UeventFeed> uevents, UsbPaths paths, Again again)
    : bus_(std::move(bus)),
      uevents_(std::move(uevents)),
      paths_(std::move(paths)),
      again_(std::move(again)),
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
  stopping_ = false;
  sink_ = &sink;
  known_.clear();
  touched_.clear();
  silent_.clear();
  part_unseen_ = false;
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
  stopping_ = true;
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
    AskSilentOnesAgain();
  } while (Wait());
}

bool UsbSource::Wait() {
  std::vector<pollfd> waiting = {
      {stop_request_.get(), POLLIN, 0}, {scan_request_.get(), POLLIN, 0}, {uevents_->fd(), POLLIN, 0}};
  for (const UsbBus::Waitable& waitable : bus_->Waitables())
    waiting.push_back({waitable.fd, waitable.events, 0});
  // What was read while looking at devices may have brought notices already; then only peek.
  const int timeout = touched_.empty() && !scan_wanted_ ? UntilNextAsking() : 0;
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
    if (!stopping_) Look(port_path, Ask::kNothing);
}

Result<model::Observation> UsbSource::Observe(const std::string& port_path, Ask ask) {
  const auto known = known_.find(port_path);
  const model::Observation* before = known == known_.end() ? nullptr : &known->second;
  const auto silent = silent_.find(port_path);
  const bool counted = before != nullptr && silent != silent_.end() && silent->second.address == before->device.address;
  const std::size_t asked_again = counted ? silent->second.asked_again : 0;
  // One that waits to be asked again is asked then, however often everything is looked at meanwhile.
  if (ask == Ask::kStrings && counted && silent->second.due) ask = Ask::kNothing;
  if (again_.empty() || (ask == Ask::kStrings && asked_again >= again_.size())) ask = Ask::kLastTime;
  Result<UsbLook> look = ObserveUsbDevice(*bus_, paths_, port_path, before, ask);
  if (!look.ok()) return look.error();
  if (look.value().asked) Follow(look.value());
  return std::move(look.value().seen);
}

// A failure to answer may pass; a verdict that rests on it must not last. But nobody waits for ever for a device that
// never answers: there are honest ones among them.
void UsbSource::Follow(const UsbLook& look) {
  const model::Device& device = look.seen.device;
  if (!look.silent) {
    silent_.erase(device.port_path);
    return;
  }
  Silent& silent = silent_[device.port_path];
  if (silent.address != device.address) silent = {device.address, 0, {}};
  silent.due.reset();
  if (!device.complete && silent.asked_again < again_.size())
    silent.due = std::chrono::steady_clock::now() + again_[silent.asked_again++];
}

void UsbSource::AskSilentOnesAgain() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::string> due;
  for (auto& [port_path, silent] : silent_)
    if (silent.due && *silent.due <= now) due.push_back(port_path);
  for (const std::string& port_path : due) {
    if (stopping_) return;
    silent_.at(port_path).due.reset();
    Look(port_path, Ask::kStrings);
    // Not even the asking went well.
    const auto silent = silent_.find(port_path);
    if (silent != silent_.end() && !silent->second.due && silent->second.asked_again < again_.size())
      silent->second.due = std::chrono::steady_clock::now() + again_.back();
  }
}

int UsbSource::UntilNextAsking() const {
  std::optional<std::chrono::steady_clock::time_point> next;
  for (const auto& [port_path, silent] : silent_)
    if (silent.due && (!next || *silent.due < *next)) next = silent.due;
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

void UsbSource::Look(const std::string& port_path, Ask ask) {
  Result<model::Observation> seen = Observe(port_path, ask);
  if (seen.ok()) return Take(std::move(seen).value());
  if (IsGone(seen.error())) {
    silent_.erase(port_path);
    return Forget(port_path);
  }
  // What was known of it stands. The sink asks for everything, again and again until it can be told, so once is enough.
  if (!std::exchange(part_unseen_, true)) sink_->Deliver(ports::NoticesLost{"usb", ToString(seen.error())});
}

void UsbSource::Take(model::Observation seen) {
  const std::string port_path = seen.device.port_path;
  const auto known = known_.find(port_path);
  if (known != known_.end() && known->second == seen) return;
  // Another connection: the device known here left first, whether or not its notice was still to come.
  if (known != known_.end() && known->second.device.address != seen.device.address) Forget(port_path);
  known_.insert_or_assign(port_path, seen);
  sink_->Deliver(ports::DeviceSeen{std::move(seen)});
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
  std::vector<model::Observation> now;
  std::set<std::string> not_looked_at;
  for (const std::string& port_path : ordered) {
    if (stopping_) return;
    Result<model::Observation> seen = Observe(port_path, Ask::kStrings);
    if (seen.ok())
      now.push_back(std::move(seen).value());
    else if (!IsGone(seen.error()))
      not_looked_at.insert(port_path);
  }
  part_unseen_ = !not_looked_at.empty();
  if (part_unseen_) return TellOfPart(std::move(now), not_looked_at);
  known_.clear();
  for (const model::Observation& seen : now)
    known_.emplace(seen.device.port_path, seen);
  std::erase_if(silent_, [&](const auto& entry) { return !known_.contains(entry.first); });
  sink_->Deliver(ports::AllDevices{std::move(now)});
}

// Not everything could be looked at, so nobody may take what could for everything: it is told as news, and the scan
// that was asked for stays open.
void UsbSource::TellOfPart(std::vector<model::Observation> seen, const std::set<std::string>& not_looked_at) {
  std::set<std::string> gone;
  for (const auto& [port_path, known] : known_)
    if (!not_looked_at.contains(port_path)) gone.insert(port_path);
  for (const model::Observation& one : seen)
    gone.erase(one.device.port_path);
  for (const std::string& port_path : gone)
    Forget(port_path);
  for (model::Observation& one : seen)
    Take(std::move(one));
}

}  // namespace sekimori::drivers
