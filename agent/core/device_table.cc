#include "agent/core/device_table.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace sekimori::core {

namespace {

// The numbers in a port path: "3-1.2" → 3, 1, 2; a root hub "usb3" → 3. Sysfs names hold nothing larger.
std::vector<unsigned> Numbers(const std::string& port_path) {
  std::vector<unsigned> numbers;
  bool in_number = false;
  for (const char c : port_path) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !in_number) numbers.push_back(0);
    if (digit && numbers.back() < 100'000) numbers.back() = numbers.back() * 10 + static_cast<unsigned>(c - '0');
    in_number = digit;
  }
  return numbers;
}

}  // namespace

bool PortBefore(const std::string& a, const std::string& b) {
  const std::vector<unsigned> left = Numbers(a);
  const std::vector<unsigned> right = Numbers(b);
  return left != right ? left < right : a < b;
}

Present* DeviceTable::Find(const std::string& port_path) {
  const auto found = present_.find(port_path);
  return found == present_.end() ? nullptr : &found->second;
}

Present& DeviceTable::Add(model::Observation observation) {
  std::string port_path = observation.device.port_path;
  Present present;
  present.seen = std::move(observation);
  present.order = next_order_++;
  return present_.insert_or_assign(std::move(port_path), std::move(present)).first->second;
}

std::vector<Present> DeviceTable::Remove(const std::string& port_path) {
  std::vector<Present> removed;
  const auto root = present_.find(port_path);
  if (root == present_.end()) return removed;
  std::vector<std::string> children;
  for (const auto& [path, present] : present_)
    if (present.seen.device.parent == port_path && path != port_path) children.push_back(path);
  Present taken = std::move(root->second);
  present_.erase(root);
  // Already out of the map, so a device that claims to be its own ancestor cannot lead in a circle.
  for (const std::string& child : children) {
    std::vector<Present> below = Remove(child);
    std::move(below.begin(), below.end(), std::back_inserter(removed));
  }
  removed.push_back(std::move(taken));
  return removed;
}

std::vector<Present*> DeviceTable::InOrderOfArrival() {
  std::vector<Present*> ordered;
  ordered.reserve(present_.size());
  for (auto& [path, present] : present_)
    ordered.push_back(&present);
  std::sort(ordered.begin(), ordered.end(), [](const Present* a, const Present* b) { return a->order < b->order; });
  return ordered;
}

std::vector<const Present*> DeviceTable::InOrderOfArrival() const {
  std::vector<const Present*> ordered;
  ordered.reserve(present_.size());
  for (const auto& [path, present] : present_)
    ordered.push_back(&present);
  std::sort(ordered.begin(), ordered.end(), [](const Present* a, const Present* b) { return a->order < b->order; });
  return ordered;
}

std::vector<const Present*> DeviceTable::AsTree() const {
  std::vector<const Present*> ordered;
  ordered.reserve(present_.size());
  for (const auto& [path, present] : present_)
    ordered.push_back(&present);
  std::sort(ordered.begin(), ordered.end(), [](const Present* a, const Present* b) {
    return PortBefore(a->seen.device.port_path, b->seen.device.port_path);
  });
  return ordered;
}

std::vector<Present*> DeviceTable::WaitingFor(const std::string& hub) {
  std::vector<Present*> waiting;
  for (auto& [path, present] : present_)
    if (!present.judged && present.seen.device.parent == hub) waiting.push_back(&present);
  return waiting;
}

}  // namespace sekimori::core
