#include "agent/core/arrivals.h"

namespace sekimori::core {

std::string Arrivals::PortOf(const std::string& port_path) {
  return port_path.substr(0, port_path.find('.'));
}

bool Arrivals::Admit(const std::string& port_path, model::BootTime now) {
  const auto [place, is_new] = by_port_.try_emplace(PortOf(port_path), Minute{.begun = now});
  Minute& minute = place->second;
  // One in which something was held back ends with TakeDue.
  if (minute.held_back == 0 && now - minute.begun >= kMinute) minute = {.begun = now};
  ++minute.arrivals;
  if (minute.arrivals <= (minute.restless_before ? 1 : kFree)) return true;
  ++minute.held_back;
  return false;
}

std::optional<model::BootTime> Arrivals::Due() const {
  std::optional<model::BootTime> due;
  for (const auto& [port, minute] : by_port_)
    if (minute.held_back > 0 && (!due || minute.begun + kMinute < *due)) due = minute.begun + kMinute;
  return due;
}

std::vector<Arrivals::Restless> Arrivals::TakeDue(model::BootTime now) {
  std::vector<Restless> restless;
  for (auto& [port, minute] : by_port_) {
    if (minute.held_back == 0 || now - minute.begun < kMinute) continue;
    restless.push_back({port, minute.arrivals, minute.held_back});
    minute = {.begun = now, .restless_before = true};
  }
  return restless;
}

}  // namespace sekimori::core
