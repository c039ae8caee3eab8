// Devices and decisions in words. Class codes: USB-IF "Defined Class Codes".
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "proto/words/describe.h"
#include "proto/words/printable.h"

namespace sekimori::words {
namespace {

std::string KindKey(const proto::InterfaceClass& kind) {
  switch (kind.class_code()) {
    case 0x01:
      return "kind.audio";
    case 0x02:
      // 2/6 is Ethernet, 2/0d NCM and 2/0e MBIM; the others are modems and serial lines.
      return kind.subclass() == 0x06 || kind.subclass() == 0x0d || kind.subclass() == 0x0e ? "kind.network"
                                                                                           : "kind.serial";
    case 0x03:
      if (kind.protocol() == 1) return "kind.keyboard";
      return kind.protocol() == 2 ? "kind.mouse" : "kind.input";
    case 0x06:
      return "kind.phone_or_camera";
    case 0x07:
      return "kind.printer";
    case 0x08:
      return "kind.storage";
    case 0x09:
      return "kind.hub";
    case 0x0a:
      return "";  // the data half of class 2, which already named it
    case 0x0b:
      return "kind.card_reader";
    case 0x0e:
      return "kind.camera";
    case 0xe0:
      return kind.subclass() == 0x01 && kind.protocol() == 0x03 ? "kind.network" : "kind.wireless";
    case 0xef:
      // RNDIS tethering hides here: subclass 4, protocol 1.
      return kind.subclass() == 0x04 ? "kind.network" : "kind.other";
    case 0xff:
      return "kind.vendor_specific";
    default:
      return "kind.other";
  }
}

void AddKind(Language language, const proto::InterfaceClass& kind, std::vector<std::string>& kinds) {
  const std::string key = KindKey(kind);
  if (key.empty()) return;
  std::string text = Say(language, key);
  for (const std::string& known : kinds)
    if (known == text) return;
  kinds.push_back(std::move(text));
}

// Manufacturer and product; many products' names begin with the manufacturer's, which is then said once.
std::string NameOf(const proto::Device& device) {
  const std::string& maker = device.manufacturer();
  const std::string& product = device.product_name();
  if (maker.empty() || product == maker || product.starts_with(maker + " ")) return product;
  return product.empty() ? maker : maker + " " + product;
}

}  // namespace

std::string DescribeKind(Language language, const proto::Device& device) {
  std::vector<std::string> kinds;
  if (device.root_hub()) return Say(language, "kind.root_hub");
  for (const proto::Interface& interface : device.interfaces())
    AddKind(language, interface.kind(), kinds);
  if (kinds.empty() && device.kind().class_code() != 0) AddKind(language, device.kind(), kinds);
  if (kinds.empty()) return Say(language, "kind.unknown");
  std::string joined = kinds.front();
  for (std::size_t i = 1; i < kinds.size(); ++i)
    joined += Say(language, "kind.joined_by") + kinds[i];
  return joined;
}

std::string DescribeDevice(Language language, const proto::Device& device) {
  std::array<char, 24> id{};
  std::snprintf(id.data(), id.size(), "%04x:%04x", device.vendor() & 0xffffU, device.product() & 0xffffU);
  std::string name = NameOf(device);
  if (name.empty()) name = Say(language, "device.no_name");
  const std::string kind = DescribeKind(language, device);
  if (device.serial().empty())
    return Say(language, "device.without_serial",
               {{"kind", kind}, {"name", name}, {"id", id.data()}, {"port", device.port_path()}});
  return Say(
      language, "device.with_serial",
      {{"kind", kind}, {"name", name}, {"id", id.data()}, {"serial", device.serial()}, {"port", device.port_path()}});
}

std::string DescribeBasis(Language language, const proto::Decision& decision) {
  if (decision.basis() == proto::BASIS_RULE)
    return Say(language, decision.reason().empty() ? "basis.rule" : "basis.rule_with_reason",
               {{"rule", decision.rule()}, {"reason", decision.reason()}});
  static constexpr std::pair<proto::Basis, const char*> kKeys[] = {
      {proto::BASIS_DEFAULT, "basis.default"},   {proto::BASIS_ADOPTED, "basis.adopted"},
      {proto::BASIS_ROOT_HUB, "basis.root_hub"}, {proto::BASIS_UNREADABLE, "basis.unreadable"},
      {proto::BASIS_RELEASED, "basis.released"},
  };
  for (const auto& [basis, key] : kKeys)
    if (basis == decision.basis()) return Say(language, key);
  // A newer terminal's reason: its message is kept whole, only the name is not known here.
  return Say(language, "basis.unknown");
}

std::string DescribeVerdict(Language language, const proto::Decision& decision) {
  if (decision.verdict() == proto::VERDICT_ALLOW) return Say(language, "verdict.allow");
  if (decision.verdict() == proto::VERDICT_DENY) return Say(language, "verdict.deny");
  if (decision.verdict() != proto::VERDICT_ALLOW_INTERFACES) return Say(language, "verdict.unknown");
  return Say(language, "verdict.allow_interfaces", {{"numbers", InterfaceNumbers(decision)}});
}

std::string InterfaceNumbers(const proto::Decision& decision) {
  std::string numbers;
  for (const auto number : decision.interfaces())
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
  return numbers;
}

}  // namespace sekimori::words
