#include "agent/core/weight.h"

namespace sekimori::core {

std::size_t WeightOf(const model::Device& device) {
  std::size_t bytes = sizeof device + device.port_path.size() + device.parent.size() + device.manufacturer.size() +
                      device.product_name.size() + device.serial.size();
  for (const model::Interface& interface : device.interfaces)
    bytes += sizeof interface + interface.name.size();
  return bytes;
}

std::size_t WeightOf(const model::EventBody& body) {
  return std::visit(
      [](const auto& one) {
        // What else there is in an event is short.
        if constexpr (requires { one.device; })
          return sizeof(model::Event) + WeightOf(one.device);
        else
          return sizeof(model::Event);
      },
      body);
}

}  // namespace sekimori::core
