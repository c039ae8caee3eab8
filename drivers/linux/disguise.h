// Disks in disguise: interfaces that do not say they are storage (class 08) and are served by a storage driver, or
// would be as soon as one came. What says storage is judged by policy as storage; this is about what does not. An
// interface beside one that does is no disguise: whoever let that one in let in storage. One thread. Req: R02
// Source: Linux, drivers/usb/storage/usb.c (get_pipes), drivers/usb/core/driver.c; HID 1.11, 4.4; USB 2.0, 11.12.1.
#pragma once

#include <set>
#include <vector>

#include "agent/model/device.h"
#include "drivers/linux/storage_drivers.h"
#include "drivers/linux/usb_device_directory.h"
#include "drivers/portable/descriptors.h"
#include "proto/result.h"

namespace sekimori::drivers {

// Those of the interfaces let in that a storage driver serves at this moment.
[[nodiscard]] Result<model::Disguised> ServedInDisguise(const UsbDeviceDirectory& directory,
                                                        const std::vector<model::Interface>& interfaces,
                                                        const std::set<std::uint8_t>& let_in);

// Those of the interfaces with these numbers, in any configuration or alternate setting, that could become a disk:
// - HID and hubs by their shape. Their endpoints are interrupt endpoints; storage drivers need bulk ones. An interface
//   of these classes with any other endpoint is not what it says. At low speed there are no bulk endpoints: the kernel
//   makes interrupt endpoints of what clumsy keyboards call so (usb_parse_endpoint in drivers/usb/core/config.c).
// - Every class by the lists of the drivers that would take it.
// kUnavailable: the lists cannot tell. HID and hubs are let in by their shape alone then, so that nobody loses keyboard
// or mouse.
[[nodiscard]] Result<model::Disguised> DisguisedAmong(const ParsedDescriptors& descriptors, model::Speed speed,
                                                      const std::set<std::uint8_t>& numbers,
                                                      const StorageAliases& aliases);

}  // namespace sekimori::drivers
