// The kernel's drivers that make disks of USB interfaces, and which interfaces they would take. Some take a device by
// its vendor and product alone, whatever class its interface shows: a "keyboard" with the right numbers would become a
// disk. Req: R02. Why it is asked this way: docs/adr/0010-storage-says-so.md
// Source: Linux, drivers/usb/storage/unusual_devs.h, drivers/usb/core/driver.c (usb_match_id),
// scripts/mod/file2alias.c; modules.alias of depmod(8).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/model/device.h"
#include "drivers/portable/descriptors.h"
#include "proto/result.h"

namespace sekimori::drivers {

// By the name of the driver or of its module: "usb-storage" or "usb_storage", "uas", "ums-realtek"; those whose disks
// are memory cards (rtsx_usb, vub300, ushc) or hang on a bridge (gb_es2); and the one for SCSI scanners (microtek),
// which asks what speaks SCSI behind it no more than usb-storage does.
[[nodiscard]] bool IsStorageDriver(std::string_view name);

// "usb:v05ABp0060d1104dc00dsc00dp00ic03isc01ip01in00": what drivers' aliases are patterns for.
[[nodiscard]] std::string ModaliasOf(const ParsedDescriptors& device, const model::Interface& interface);

// "/lib/modules/6.1.0-25-amd64": of the kernel that runs.
[[nodiscard]] std::filesystem::path ModulesOfRunningKernel();

// Read from the list that depmod makes of the modules' own tables, read again when it changes. One thread.
class StorageAliases {
 public:
  StorageAliases(std::filesystem::path modules, std::filesystem::path sysfs_root)
      : list_(std::move(modules) / "modules.alias"), sysfs_root_(std::move(sysfs_root)) {}

  // The module of a storage driver that would take an interface of this name in some release of the device, loaded or
  // not; empty: none would.
  // kUnavailable: it cannot be told, because the list cannot be read or does not know a storage driver that is in this
  // kernel. A list that was read once serves when it is gone: the kernel that runs is still the same.
  [[nodiscard]] Result<std::string> TakerOf(const std::string& modalias) const;

 private:
  struct Alias {
    std::string pattern, module;
  };
  [[nodiscard]] Status Refresh() const;
  [[nodiscard]] Status KnowsEveryDriver() const;

  std::filesystem::path list_, sysfs_root_;
  mutable std::vector<Alias> aliases_;
  mutable std::filesystem::file_time_type read_at_{};  // the list's own time; none: never read
};

}  // namespace sekimori::drivers
