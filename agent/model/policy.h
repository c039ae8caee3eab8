// A policy as the agent's rooms name it, and the baseline taken at installation. Req: R02, R12
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "proto/policy_values/policy.h"

namespace sekimori::model {

using policy_values::ClassPattern;
using policy_values::Conditions;
using policy_values::InterfaceCondition;
using policy_values::LoginConditions;
using policy_values::LoginPolicy;
using policy_values::LoginRule;
using policy_values::Origin;
using policy_values::Policy;
using policy_values::Requirement;
using policy_values::Rule;
using policy_values::SessionRule;
using policy_values::SetRelation;
using policy_values::TimeWindow;
using policy_values::WithoutTicket;

// A device present at installation. Matches by identity *and* interface set: the same keyboard with a disk in it is
// another device.
struct AdoptedDevice {
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::string serial;
  std::set<InterfaceClass> interfaces;
  InterfaceClass kind;
  std::string product_name;  // for people only
  bool operator==(const AdoptedDevice&) const = default;
};
using Baseline = std::vector<AdoptedDevice>;

}  // namespace sekimori::model
