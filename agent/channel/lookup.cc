#include "agent/channel/lookup.h"

#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/IPAddress.h>

namespace sekimori::channel {

std::shared_ptr<Lookup> Lookup::Begin(const std::string& host, std::uint16_t port, const tls::Waker& waker) {
  auto lookup = std::make_shared<Lookup>();
  Poco::Net::IPAddress address;
  if (Poco::Net::IPAddress::tryParse(host, address)) {
    lookup->answer_.emplace(Addresses{Poco::Net::SocketAddress(address, port)});
    return lookup;
  }
  try {
    std::thread([lookup, host, port, waker] {
      lookup->Ask(host, port);
      waker.Wake();
    }).detach();
  } catch (const std::system_error& error) {
    lookup->answer_.emplace(Error{ErrorCode::kUnavailable, host, std::string("no thread: ") + error.what()});
  }
  return lookup;
}

void Lookup::Ask(const std::string& host, std::uint16_t port) {
  Result<Addresses> answer = Error{ErrorCode::kUnavailable, host, "the name has no address"};
  try {
    Addresses addresses;
    // Named, because what a range-for is given is not kept alive when only a part of it is used (C++20).
    const Poco::Net::HostEntry entry = Poco::Net::DNS::hostByName(host);
    for (const auto& address : entry.addresses())
      addresses.emplace_back(address, port);
    if (!addresses.empty()) answer = std::move(addresses);
  } catch (const Poco::Exception& error) {
    answer = Error{ErrorCode::kUnavailable, host, "name not found: " + error.displayText()};
  } catch (const std::exception& error) {
    answer = Error{ErrorCode::kUnavailable, host, error.what()};
  }
  const std::lock_guard lock(mutex_);
  answer_.emplace(std::move(answer));
}

std::optional<Result<Addresses>> Lookup::Answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

}  // namespace sekimori::channel
