#include "server/intake/strangers.h"

#include <algorithm>

#include <Poco/Net/IPAddress.h>

namespace sekimori::intake {

std::string OriginOf(const Poco::Net::SocketAddress& address) {
  using Poco::Net::IPAddress;
  const IPAddress host = address.host();
  if (host.family() == IPAddress::IPv4) return host.toString();
  const auto* bytes = static_cast<const std::uint8_t*>(host.addr());
  constexpr unsigned kIpv4At = 12;
  if (host.isIPv4Mapped()) return IPAddress(bytes + kIpv4At, 4).toString();
  constexpr unsigned kNetworkBits = 64;
  return (host & IPAddress(kNetworkBits, IPAddress::IPv6)).toString() + "/64";
}

Strangers::Place Strangers::Enter(std::uint64_t id, const std::string& origin, std::size_t most) {
  Place place;
  if (size_ >= most) {
    const auto largest = std::max_element(origins_.begin(), origins_.end(), [](const auto& a, const auto& b) {
      return a.second.size() < b.second.size();
    });
    const auto own = origins_.find(origin);
    const std::size_t would_hold = (own == origins_.end() ? 0 : own->second.size()) + 1;
    if (largest == origins_.end() || largest->second.size() <= would_hold) return place;
    place.evicted = *largest->second.begin();
  }
  place.given = true;
  origins_[origin].insert(id);
  ++size_;
  return place;
}

void Strangers::Leave(std::uint64_t id, const std::string& origin) {
  const auto held = origins_.find(origin);
  if (held == origins_.end() || held->second.erase(id) == 0) return;
  --size_;
  if (held->second.empty()) origins_.erase(held);
}

}  // namespace sekimori::intake
