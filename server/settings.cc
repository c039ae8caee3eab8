#include "server/settings.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <Poco/Net/IPAddress.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace sekimori::server {
namespace {

constexpr std::size_t kMaxSettings = std::size_t{64} << 10;

// One table, key by key; remembers the first fault.
class Reader {
 public:
  Reader(const toml::table& table, std::string name, std::optional<Error>& fault)
      : table_(table), name_(std::move(name)), fault_(fault) {}

  void Allow(std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string expected;
      for (const std::string_view one : known)
        expected += (expected.empty() ? "" : ", ") + std::string(one);
      Fault(key.source().begin.line, "unknown key '" + std::string(key.str()) + "'; expected one of: " + expected);
    }
  }

  template <typename Number>
  void Take(std::string_view key, std::int64_t least, std::int64_t most, Number& into) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const std::optional<std::int64_t> number = node->value_exact<std::int64_t>();
    if (!number || *number < least || *number > most) {
      Fault(node->source().begin.line, std::string(key) + ": expected a whole number from " + std::to_string(least) +
                                           " to " + std::to_string(most));
      return;
    }
    into = Number(*number);
  }

  [[nodiscard]] std::optional<std::string> Text(std::string_view key, std::string_view expected) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    std::optional<std::string> text = node->value_exact<std::string>();
    if (!text || text->empty())
      Fault(node->source().begin.line, std::string(key) + ": expected " + std::string(expected));
    return text;
  }

  [[nodiscard]] const toml::table& Table(std::string_view key) {
    static const toml::table kEmpty;
    const toml::node* node = table_.get(key);
    if (node == nullptr) return kEmpty;
    if (node->is_table()) return *node->as_table();
    Fault(node->source().begin.line, std::string(key) + ": expected a table, [" + std::string(key) + "]");
    return kEmpty;
  }

  void FaultAt(std::string_view key, std::string detail) {
    const toml::node* node = table_.get(key);
    Fault(node == nullptr ? 0 : node->source().begin.line, std::move(detail));
  }

 private:
  void Fault(std::uint32_t line, std::string detail) {
    if (!fault_) fault_ = Error{ErrorCode::kInvalid, name_ + ":" + std::to_string(line), std::move(detail)};
  }

  const toml::table& table_;
  std::string name_;
  std::optional<Error>& fault_;
};

void TakeListen(Reader listen, intake::CollectorTerms& terms) {
  listen.Allow({"address", "port"});
  listen.Take("port", 1, 65535, terms.port);
  if (auto address = listen.Text("address", "an address such as \"0.0.0.0\" or \"::\"")) {
    Poco::Net::IPAddress parsed;
    if (!Poco::Net::IPAddress::tryParse(*address, parsed)) {
      listen.FaultAt("address",
                     "address: expected an IP address such as \"0.0.0.0\" or \"::\"; found '" + *address + "'");
      return;
    }
    terms.address = *address;
  }
}

void TakeLimits(Reader limits, intake::CollectorTerms& terms) {
  limits.Allow({"connections", "strangers", "in-flight-mib", "handshake-seconds", "frame-seconds"});
  limits.Take("connections", 1, 1'000'000, terms.max_connections);
  limits.Take("strangers", 1, 100'000, terms.max_strangers);
  std::int64_t mib = static_cast<std::int64_t>(terms.max_in_flight >> 20);
  limits.Take("in-flight-mib", 1, 65'536, mib);
  terms.max_in_flight = static_cast<std::size_t>(mib) << 20;
  std::chrono::seconds handshake = std::chrono::duration_cast<std::chrono::seconds>(terms.tls.handshake);
  limits.Take("handshake-seconds", 1, 300, handshake);
  terms.tls.handshake = handshake;
  std::chrono::seconds frame = std::chrono::duration_cast<std::chrono::seconds>(terms.tls.frame);
  limits.Take("frame-seconds", 1, 3600, frame);
  terms.tls.frame = frame;
}

}  // namespace

Result<Settings> ParseSettings(std::string_view toml, const std::string& name) {
  if (toml.size() > kMaxSettings) return Error{ErrorCode::kTooLarge, name, "larger than 65536 bytes"};
  toml::table table;
  try {
    table = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::kInvalid, name + ":" + std::to_string(error.source().begin.line),
                 std::string(error.description())};
  }
  Settings settings;
  std::optional<Error> fault;
  Reader top(table, name, fault);
  top.Allow({"data-dir", "listen", "limits", "certificates"});
  if (auto path = top.Text("data-dir", "a directory such as \"/var/lib/sekimori-collector\"")) {
    if (path->front() != '/') top.FaultAt("data-dir", "data-dir: expected an absolute path; found '" + *path + "'");
    settings.data_directory = *path;
  }
  TakeListen(Reader(top.Table("listen"), name, fault), settings.collector);
  TakeLimits(Reader(top.Table("limits"), name, fault), settings.collector);
  Reader certificates(top.Table("certificates"), name, fault);
  certificates.Allow({"terminal-days"});
  certificates.Take("terminal-days", 1, 3650, settings.terminal_certificate_life);
  if (fault) return *fault;
  return settings;
}

}  // namespace sekimori::server
