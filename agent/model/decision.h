// What policy answers about a device, with its reasons. Req: R02, R05.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "proto/policy_values/policy.h"

namespace sekimori::model {

using policy_values::Mode;
using policy_values::Verdict;

enum class Basis {
  kRule,        // `rule` names it
  kDefault,     // no rule matched
  kAdopted,     // in the baseline taken at installation
  kRootHub,     // part of the host controller
  kUnreadable,  // descriptors could not be read whole
  kReleased,    // root opened the barrier
};

using policy_values::PolicySource;

struct Decision {
  Verdict verdict = Verdict::kDeny;
  std::set<std::uint8_t> interfaces;  // admitted interface numbers; only for kAllowInterfaces
  Basis basis = Basis::kDefault;
  std::string rule;    // id of the rule, else empty
  std::string reason;  // the rule's own words, else empty
  std::uint64_t policy_version = 0;
  std::string policy_name;
  PolicySource policy_source = PolicySource::kBuiltIn;
  bool operator==(const Decision&) const = default;
};

// Why a device was judged at this moment.
enum class Trigger {
  kPresentAtStart,
  kArrived,
  kChanged,
  kPolicyChanged,
  kUsersChanged,
  kTimeWindow,
  kResumed,
  kRescan,
};

}  // namespace sekimori::model
