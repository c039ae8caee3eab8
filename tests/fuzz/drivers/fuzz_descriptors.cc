// Whatever a device sends as descriptors: no crash, bounded results, and no interface that is not in the bytes.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "drivers/portable/descriptors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sekimori::drivers::ParsedDescriptors;
  const ParsedDescriptors parsed = sekimori::drivers::ParseDescriptors(std::as_bytes(std::span(data, size)));
  if (parsed.interfaces.size() > sekimori::drivers::kMaxInterfaces) std::abort();
  // Nine bytes each, behind 18 of the device and 9 of a configuration.
  if (!parsed.interfaces.empty() && 27 + parsed.interfaces.size() * 9 > size) std::abort();
  if (parsed.fault.empty() && (size < 18 || data[0] != 18 || data[1] != 1)) std::abort();
  return 0;
}
