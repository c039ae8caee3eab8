#include "drivers/linux/driver_offers.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/linux/sysfs.h"

namespace sekimori::drivers {
namespace {

// The drivers an interface of such a class is offered to by name, in this order; an interface of another class is
// offered to all. After usbhid stand the drivers of pointing devices that usbhid leaves to them (hid_ignore_list,
// hid_mouse_ignore_list in drivers/hid/hid-quirks.c): each takes its own devices only, and makes nothing but input.
constexpr std::string_view kHid = "03";
constexpr std::array kHidDrivers = {"usbhid", "appletouch", "bcm5974",   "acecad",        "aiptek",
                                    "gtco",   "kbtab",      "powermate", "synaptics_usb", "usbtouchscreen"};
constexpr std::string_view kHub = "09";
constexpr std::array kHubDrivers = {"hub"};

std::span<const char* const> DriversFor(std::string_view class_code) {
  if (class_code == kHid) return kHidDrivers;
  if (class_code == kHub) return kHubDrivers;
  return {};
}

void Offer(const std::filesystem::path& sysfs_root, const OfferedInterface& interface) {
  const Result<SysfsDirectory> bus = SysfsDirectory::Open(sysfs_root / "bus/usb");
  if (!bus.ok()) return;
  const std::span<const char* const> names = DriversFor(interface.class_code);
  bool all = names.empty();
  for (const char* name : names) {
    const Result<SysfsDirectory> driver = bus.value().Inside(std::string("drivers/") + name);
    if (!driver.ok()) continue;
    const Result<std::vector<std::string>> files = driver.value().List();
    // A driver that is only now coming has its folder before it looks for interfaces and this file after. It may have
    // passed over this one while it was still shut, and nobody would offer it again: a keyboard would stay dead.
    if (!files.ok() || std::find(files.value().begin(), files.value().end(), "bind") == files.value().end())
      all = true;
    else if (driver.value().Write("bind", interface.entry).ok())
      return;
  }
  if (all) static_cast<void>(bus.value().Write("drivers_probe", interface.entry));
}

}  // namespace

struct DriverOffers::Shared {
  struct Job {
    UsbDeviceDirectory device;
    std::string port_path;
    std::vector<OfferedInterface> interfaces;
    bool dropped = false;  // guarded by `mutex`
  };

  explicit Shared(std::filesystem::path root) : sysfs_root(std::move(root)) {}

  // The next device, or none: then this thread is no longer counted.
  std::shared_ptr<Job> Next() {
    const std::lock_guard lock(mutex);
    if (waiting.empty()) {
      --threads;
      finished.notify_all();
      return nullptr;
    }
    std::shared_ptr<Job> job = std::move(waiting.front());
    waiting.pop_front();
    in_work.push_back(job);
    return job;
  }
  void Done(const std::shared_ptr<Job>& job) {
    const std::lock_guard lock(mutex);
    std::erase(in_work, job);
  }
  bool Wanted(const Job& job) {
    const std::lock_guard lock(mutex);
    // The folder was opened when the device was judged; it answers no more once that device has left.
    return !job.dropped && job.device.Address().ok();
  }
  void Work() {
    while (const std::shared_ptr<Job> job = Next()) {
      for (const OfferedInterface& interface : job->interfaces)
        if (Wanted(*job)) Offer(sysfs_root, interface);
      Done(job);
    }
  }

  const std::filesystem::path sysfs_root;
  std::mutex mutex;
  std::condition_variable finished;
  std::deque<std::shared_ptr<Job>> waiting;
  std::vector<std::shared_ptr<Job>> in_work;
  std::size_t threads = 0;
};

DriverOffers::DriverOffers(const std::filesystem::path& sysfs_root) : shared_(std::make_shared<Shared>(sysfs_root)) {}

DriverOffers::~DriverOffers() {
  Finish();
}

Status DriverOffers::Add(UsbDeviceDirectory device, std::vector<OfferedInterface> interfaces) {
  std::string port_path = device.directory().path().filename().string();
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->waiting.size() >= kMaxWaiting)
      return Error{ErrorCode::kFull, port_path, "too many devices wait for their drivers"};
    shared_->waiting.push_back(
        std::make_shared<Shared::Job>(Shared::Job{std::move(device), std::move(port_path), std::move(interfaces)}));
    if (shared_->threads >= kAtOnce) return Status::Ok();
    ++shared_->threads;
  }
  try {
    std::thread([shared = shared_] { shared->Work(); }).detach();
  } catch (const std::system_error&) {
    shared_->Work();  // no thread to be had: late is better than never
  }
  return Status::Ok();
}

void DriverOffers::Drop(const std::string& port_path) {
  const std::lock_guard lock(shared_->mutex);
  const auto of_port = [&](const std::shared_ptr<Shared::Job>& job) { return job->port_path == port_path; };
  std::erase_if(shared_->waiting, of_port);
  for (const std::shared_ptr<Shared::Job>& job : shared_->in_work)
    if (of_port(job)) job->dropped = true;
}

void DriverOffers::Finish() {
  std::unique_lock lock(shared_->mutex);
  shared_->finished.wait(lock, [&] { return shared_->threads == 0; });
}

}  // namespace sekimori::drivers
