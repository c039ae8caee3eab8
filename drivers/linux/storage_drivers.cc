#include "drivers/linux/storage_drivers.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <system_error>

#include <fnmatch.h>
#include <sys/utsname.h>

#include "drivers/linux/sysfs.h"

namespace sekimori::drivers {
namespace {

constexpr const char* kUsbDrivers = "bus/usb/drivers";
constexpr std::string_view kAlias = "alias ";
constexpr std::string_view kUsbAlias = "alias usb:";
constexpr std::string_view kSubdrivers = "ums_";  // of usb-storage, one for each make of card reader or adapter
constexpr std::array<std::string_view, 7> kStorageModules = {"gb_es2",      "microtek", "rtsx_usb", "uas",
                                                             "usb_storage", "ushc",     "vub300"};

// A module's name has '_' where its driver's may have '-'; two are named otherwise.
std::string ModuleName(std::string_view name) {
  if (name == "microtekX6") return "microtek";
  if (name == "es2_ap_driver") return "gb_es2";
  std::string module(name);
  std::replace(module.begin(), module.end(), '-', '_');
  return module;
}

// The kernel compares releases as numbers, the list has them as patterns of decimal digits: 110A is between 1104 and
// 1110 and matches none. So the release is left out, and a device of another one is taken for the same.
std::string OfAnyRelease(std::string pattern) {
  const std::size_t release = pattern.find('d');
  const std::size_t classes = release == std::string::npos ? release : pattern.find("dc", release + 1);
  if (classes != std::string::npos) pattern.replace(release + 1, classes - release - 1, "*");
  return pattern;
}

Error CannotTell(const std::filesystem::path& where, const std::string& why) {
  return {ErrorCode::kUnavailable, where.string(), why + ": which devices the storage drivers take cannot be told"};
}

}  // namespace

bool IsStorageDriver(std::string_view name) {
  const std::string module = ModuleName(name);
  return module.starts_with(kSubdrivers) ||
         std::find(kStorageModules.begin(), kStorageModules.end(), module) != kStorageModules.end();
}

std::string ModaliasOf(const ParsedDescriptors& device, const model::Interface& interface) {
  const model::InterfaceClass& whole = device.kind;
  const model::InterfaceClass& part = interface.kind;
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "usb:v%04Xp%04Xd%04Xdc%02Xdsc%02Xdp%02Xic%02Xisc%02Xip%02Xin%02X",
                device.vendor, device.product, device.release, whole.class_code, whole.subclass, whole.protocol,
                part.class_code, part.subclass, part.protocol, interface.number);
  return text.data();
}

std::filesystem::path ModulesOfRunningKernel() {
  utsname names{};
  return std::filesystem::path("/lib/modules") / (::uname(&names) == 0 ? names.release : "unknown");
}

Status StorageAliases::Refresh() const {
  std::error_code failure;
  const std::filesystem::file_time_type changed = std::filesystem::last_write_time(list_, failure);
  const bool read_before = read_at_ != std::filesystem::file_time_type{};
  if (!failure && changed == read_at_) return Status::Ok();
  std::ifstream list(list_);
  std::vector<Alias> aliases;
  for (std::string line; !failure && std::getline(list, line);) {
    const std::size_t space = line.rfind(' ');
    if (!line.starts_with(kUsbAlias) || space <= kAlias.size() || !IsStorageDriver(line.substr(space + 1))) continue;
    aliases.push_back(
        {OfAnyRelease(line.substr(kAlias.size(), space - kAlias.size())), ModuleName(line.substr(space + 1))});
  }
  if (failure || !list.eof()) return read_before ? Status::Ok() : CannotTell(list_, "it cannot be read");
  aliases_ = std::move(aliases);
  read_at_ = changed;
  return Status::Ok();
}

// A driver that is part of the kernel itself has no entries in the list.
Status StorageAliases::KnowsEveryDriver() const {
  const Result<SysfsDirectory> drivers = SysfsDirectory::Open(sysfs_root_ / kUsbDrivers);
  const Result<std::vector<std::string>> names =
      drivers.ok() ? drivers.value().List() : Result<std::vector<std::string>>(drivers.error());
  if (!names.ok()) return CannotTell(sysfs_root_ / kUsbDrivers, names.error().detail);
  for (const std::string& name : names.value()) {
    if (!IsStorageDriver(name)) continue;
    const bool known = std::any_of(aliases_.begin(), aliases_.end(),
                                   [&](const Alias& alias) { return alias.module == ModuleName(name); });
    if (!known) return CannotTell(list_, "it does not know the driver " + name);
  }
  return Status::Ok();
}

Result<std::string> StorageAliases::TakerOf(const std::string& modalias) const {
  if (Status read = Refresh(); !read.ok()) return read.error();
  const auto taker = std::find_if(aliases_.begin(), aliases_.end(), [&](const Alias& alias) {
    return ::fnmatch(alias.pattern.c_str(), modalias.c_str(), FNM_NOESCAPE) == 0;
  });
  if (taker != aliases_.end()) return taker->module;
  if (Status whole = KnowsEveryDriver(); !whole.ok()) return whole.error();
  return std::string{};
}

}  // namespace sekimori::drivers
