#include "drivers/linux/port_path.h"

#include <algorithm>
#include <charconv>

namespace sekimori::drivers {
namespace {

constexpr std::string_view kRootHubPrefix = "usb";
// USB 2.0, 4.1.1: seven tiers, the host included.
constexpr int kMaxTier = 6;

// A decimal number of at most three digits without leading zeros, taken off the front.
std::optional<unsigned> TakeNumber(std::string_view& text, unsigned least, unsigned most) {
  if (text.empty() || (text[0] == '0' && text.size() > 1 && text[1] >= '0' && text[1] <= '9')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 3), value);
  if (error != std::errc{} || value < least || value > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool Take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// "3-1.2" with at most kMaxTier ports.
bool IsHubPort(std::string_view name) {
  if (!TakeNumber(name, 1, 999) || !Take(name, '-')) return false;
  for (int tier = 1; tier <= kMaxTier; ++tier) {
    if (!TakeNumber(name, 1, 255)) return false;
    if (name.empty()) return true;
    if (!Take(name, '.')) return false;
  }
  return false;
}

}  // namespace

bool IsRootHub(std::string_view port_path) {
  if (!port_path.starts_with(kRootHubPrefix)) return false;
  port_path.remove_prefix(kRootHubPrefix.size());
  return TakeNumber(port_path, 1, 999).has_value() && port_path.empty();
}

bool IsPortPath(std::string_view name) {
  return IsRootHub(name) || IsHubPort(name);
}

std::string ParentOf(std::string_view port_path) {
  if (IsRootHub(port_path)) return {};
  if (const std::size_t dot = port_path.rfind('.'); dot != std::string_view::npos)
    return std::string(port_path.substr(0, dot));
  return RootHubOf(port_path);
}

std::string RootHubOf(std::string_view port_path) {
  if (IsRootHub(port_path)) return std::string(port_path);
  return std::string(kRootHubPrefix) + std::string(port_path.substr(0, port_path.find('-')));
}

int Tier(std::string_view port_path) {
  if (IsRootHub(port_path)) return 0;
  return 1 + static_cast<int>(std::count(port_path.begin(), port_path.end(), '.'));
}

std::optional<InterfaceName> ParseInterfaceName(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string port_path(name.substr(0, colon));
  // A root hub's interfaces are named for port 0 of its bus.
  if (port_path.ends_with("-0"))
    port_path = RootHubOf(port_path);
  else if (IsRootHub(port_path))
    return std::nullopt;
  if (!IsPortPath(port_path)) return std::nullopt;
  name.remove_prefix(colon + 1);
  const std::optional<unsigned> configuration = TakeNumber(name, 0, 255);
  if (!configuration || !Take(name, '.')) return std::nullopt;
  const std::optional<unsigned> number = TakeNumber(name, 0, 255);
  if (!number || !name.empty()) return std::nullopt;
  return InterfaceName{std::move(port_path), static_cast<std::uint8_t>(*configuration),
                       static_cast<std::uint8_t>(*number)};
}

}  // namespace sekimori::drivers
