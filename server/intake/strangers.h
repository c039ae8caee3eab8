// Who has connected and not yet said who it is: bounded in number, and the places shared out by where they come from,
// so that one host cannot keep a site's terminals out by coming first. Pure; one thread. Req: R12
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <Poco/Net/SocketAddress.h>

namespace sekimori::intake {

// What one holder of addresses has at hand: an IPv4 address, or the /64 around an IPv6 one. An IPv4 address in an IPv6
// one (::ffff:192.0.2.7) is itself again.
[[nodiscard]] std::string OriginOf(const Poco::Net::SocketAddress& address);

class Strangers {
 public:
  struct Place {
    bool given = false;
    std::optional<std::uint64_t> evicted;  // has to go for it, and still counts until it has left
  };
  // A place for one more, of `most` in all. When all are taken, the origin that holds most gives its oldest one up;
  // but nobody has to go for one who would then hold as many himself.
  [[nodiscard]] Place Enter(std::uint64_t id, const std::string& origin, std::size_t most);
  // It has said who it is, or is gone. Harmless when it has left already.
  void Leave(std::uint64_t id, const std::string& origin);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // Ids grow, so the first one of an origin is its oldest.
  std::map<std::string, std::set<std::uint64_t>> origins_;
  std::size_t size_ = 0;
};

}  // namespace sekimori::intake
