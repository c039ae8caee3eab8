// What enrolment taught this terminal about its site, kept across restarts. Written at the very end of an enrolment: a
// terminal is enrolled exactly when these facts are there. Only the group changes later, with a policy that moves the
// terminal. Req: R12
#pragma once

#include <cstdint>
#include <string>

#include "proto/result.h"

namespace sekimori::ports {

struct SiteFacts {
  std::string site_id;         // UUID
  std::string terminal_id;     // UUID, the certificate's common name
  std::string group;           // policies for other groups are refused, unless one moves this very terminal
  std::string collector_host;  // name or address to dial
  std::uint16_t collector_port = 0;
  std::string server_name;     // what the collector's certificate must carry
  std::string policy_key_der;  // SubjectPublicKeyInfo of the key that signs policy
  bool operator==(const SiteFacts&) const = default;
};

// Safe to use from several threads.
class SiteStore {
 public:
  virtual ~SiteStore() = default;
  // kNotFound: not enrolled. kCorrupt.
  [[nodiscard]] virtual Result<SiteFacts> Load() const = 0;
  // Durable and whole (0600) when it returns Ok; replaces what was there.
  [[nodiscard]] virtual Status Save(const SiteFacts& facts) = 0;
  // Puts the terminal into another group; everything else stays as it was stored. kNotFound: not enrolled. kConflict:
  // the facts are another terminal's, because it was enrolled anew meanwhile. kInvalid: no name for a group.
  [[nodiscard]] virtual Status SetGroup(const std::string& terminal_id, const std::string& group) = 0;
};

}  // namespace sekimori::ports
