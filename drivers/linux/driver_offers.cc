#include "drivers/linux/driver_offers.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/linux/disguise.h"
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
    model::Device judged;
    std::vector<OfferedInterface> interfaces;
    Watch watch = Watch::kForStorage;
    bool dropped = false;  // guarded by `mutex`
  };
  struct Catch {
    std::uint32_t address = 0;
    model::Disguised disguised;
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
  // A driver that binds is there when the offer returns; it looks for disks a second later (usb-storage's delay_use).
  void LookAfter(const Job& job) {
    std::set<std::uint8_t> numbers;
    for (const OfferedInterface& interface : job.interfaces)
      numbers.insert(interface.number);
    const Result<model::Disguised> served = ServedInDisguise(job.device, job.judged.interfaces, numbers);
    if (!served.ok() || served.value().empty()) return;
    {
      const std::lock_guard lock(mutex);
      caught[job.judged.port_path] = {job.judged.address, served.value()};
    }
    static_cast<void>(job.device.directory().Set("authorized", "0"));
  }
  void Work() {
    while (const std::shared_ptr<Job> job = Next()) {
      for (const OfferedInterface& interface : job->interfaces) {
        if (!Wanted(*job)) break;
        Offer(sysfs_root, interface);
        if (job->watch == Watch::kForStorage) LookAfter(*job);
      }
      Done(job);
    }
  }

  const std::filesystem::path sysfs_root;
  std::mutex mutex;
  std::condition_variable finished;
  std::deque<std::shared_ptr<Job>> waiting;
  std::vector<std::shared_ptr<Job>> in_work;
  std::map<std::string, Catch> caught;  // by port path: the last one there
  std::size_t threads = 0;
};

DriverOffers::DriverOffers(const std::filesystem::path& sysfs_root, std::chrono::milliseconds patience)
    : patience_(patience), shared_(std::make_shared<Shared>(sysfs_root)) {}

DriverOffers::~DriverOffers() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.clear();
    for (const std::shared_ptr<Shared::Job>& job : shared_->in_work)
      job->dropped = true;
  }
  Finish(patience_);
}

Status DriverOffers::Add(UsbDeviceDirectory device, const model::Device& judged,
                         std::vector<OfferedInterface> interfaces, Watch watch) {
  const auto job = std::make_shared<Shared::Job>(Shared::Job{std::move(device), judged, std::move(interfaces), watch});
  const std::lock_guard lock(shared_->mutex);
  if (shared_->waiting.size() >= kMaxWaiting)
    return Error{ErrorCode::kFull, judged.port_path, "too many devices wait for their drivers"};
  if (shared_->threads < kAtOnce) {
    try {
      std::thread([shared = shared_] { shared->Work(); }).detach();
      ++shared_->threads;
    } catch (const std::system_error& error) {
      // Those that work take it in their turn.
      if (shared_->threads == 0) return Error{ErrorCode::kUnavailable, judged.port_path, error.what()};
    }
  }
  std::erase_if(shared_->caught, [&](const auto& entry) {
    return entry.first == judged.port_path && entry.second.address != judged.address;
  });
  shared_->waiting.push_back(job);
  return Status::Ok();
}

bool DriverOffers::full() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->waiting.size() >= kMaxWaiting;
}

void DriverOffers::Drop(const std::string& port_path) {
  const std::lock_guard lock(shared_->mutex);
  const auto of_port = [&](const std::shared_ptr<Shared::Job>& job) { return job->judged.port_path == port_path; };
  std::erase_if(shared_->waiting, of_port);
  for (const std::shared_ptr<Shared::Job>& job : shared_->in_work)
    if (of_port(job)) job->dropped = true;
}

model::Disguised DriverOffers::Caught(const model::Device& device) const {
  const std::lock_guard lock(shared_->mutex);
  const auto caught = shared_->caught.find(device.port_path);
  return caught != shared_->caught.end() && caught->second.address == device.address ? caught->second.disguised
                                                                                     : model::Disguised{};
}

void DriverOffers::Finish(std::chrono::milliseconds at_most) {
  std::unique_lock lock(shared_->mutex);
  shared_->finished.wait_for(lock, at_most, [&] { return shared_->threads == 0; });
}

}  // namespace sekimori::drivers
