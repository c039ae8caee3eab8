// Any bytes: no read outside them (the sanitizers watch), and what is let in carries nothing but HID or hub interfaces.
#include <cstdint>
#include <cstdlib>

#include "packaging/initramfs/early_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!sekimori::early::MayBeUsedEarly(data, size, /*low_speed=*/false)) return 0;
  // A second, simpler look at the same bytes: the device's class, and the class of the first interface.
  if (size < 18 + 9 + 9) std::abort();
  if (data[4] != 0 && data[4] != 9) std::abort();
  return 0;
}
