// About how many bytes a value makes us hold: for bounds on memory, not for accounts. Pure.
#pragma once

#include <cstddef>

#include "agent/model/device.h"
#include "agent/model/event.h"

namespace sekimori::core {

[[nodiscard]] std::size_t WeightOf(const model::Device& device);
[[nodiscard]] std::size_t WeightOf(const model::EventBody& body);

}  // namespace sekimori::core
