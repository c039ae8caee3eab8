#include "agent/messages/messages.h"

#include <algorithm>
#include <span>

namespace sekimori::messages {

proto::Mode ToMessage(model::Mode mode) {
  switch (mode) {
    case model::Mode::kObserve:
      return proto::MODE_OBSERVE;
    case model::Mode::kEnforce:
      return proto::MODE_ENFORCE;
  }
  return proto::MODE_UNSPECIFIED;
}

proto::Speed ToMessage(model::Speed speed) {
  switch (speed) {
    case model::Speed::kUnknown:
      return proto::SPEED_UNKNOWN;
    case model::Speed::kLow:
      return proto::SPEED_LOW;
    case model::Speed::kFull:
      return proto::SPEED_FULL;
    case model::Speed::kHigh:
      return proto::SPEED_HIGH;
    case model::Speed::kSuper:
      return proto::SPEED_SUPER;
    case model::Speed::kSuperPlus:
      return proto::SPEED_SUPER_PLUS;
  }
  return proto::SPEED_UNKNOWN;
}

proto::Verdict ToMessage(model::Verdict verdict) {
  switch (verdict) {
    case model::Verdict::kDeny:
      return proto::VERDICT_DENY;
    case model::Verdict::kAllow:
      return proto::VERDICT_ALLOW;
    case model::Verdict::kAllowInterfaces:
      return proto::VERDICT_ALLOW_INTERFACES;
  }
  return proto::VERDICT_UNSPECIFIED;
}

proto::Basis ToMessage(model::Basis basis) {
  switch (basis) {
    case model::Basis::kRule:
      return proto::BASIS_RULE;
    case model::Basis::kDefault:
      return proto::BASIS_DEFAULT;
    case model::Basis::kAdopted:
      return proto::BASIS_ADOPTED;
    case model::Basis::kRootHub:
      return proto::BASIS_ROOT_HUB;
    case model::Basis::kUnreadable:
      return proto::BASIS_UNREADABLE;
    case model::Basis::kReleased:
      return proto::BASIS_RELEASED;
  }
  return proto::BASIS_UNSPECIFIED;
}

proto::PolicySource ToMessage(model::PolicySource source) {
  switch (source) {
    case model::PolicySource::kBuiltIn:
      return proto::POLICY_SOURCE_BUILT_IN;
    case model::PolicySource::kLocal:
      return proto::POLICY_SOURCE_LOCAL;
    case model::PolicySource::kCollector:
      return proto::POLICY_SOURCE_COLLECTOR;
  }
  return proto::POLICY_SOURCE_UNSPECIFIED;
}

proto::Trigger ToMessage(model::Trigger trigger) {
  switch (trigger) {
    case model::Trigger::kPresentAtStart:
      return proto::TRIGGER_PRESENT_AT_START;
    case model::Trigger::kArrived:
      return proto::TRIGGER_ARRIVED;
    case model::Trigger::kChanged:
      return proto::TRIGGER_CHANGED;
    case model::Trigger::kPolicyChanged:
      return proto::TRIGGER_POLICY_CHANGED;
    case model::Trigger::kUsersChanged:
      return proto::TRIGGER_USERS_CHANGED;
    case model::Trigger::kTimeWindow:
      return proto::TRIGGER_TIME_WINDOW;
    case model::Trigger::kResumed:
      return proto::TRIGGER_RESUMED;
    case model::Trigger::kRescan:
      return proto::TRIGGER_RESCAN;
  }
  return proto::TRIGGER_UNSPECIFIED;
}

namespace {

void Put(const model::InterfaceClass& kind, proto::InterfaceClass& message) {
  message.set_class_code(kind.class_code);
  message.set_subclass(kind.subclass);
  message.set_protocol(kind.protocol);
}

}  // namespace

void Put(const model::Device& device, std::size_t max_interfaces, proto::Device& message) {
  message.set_port_path(device.port_path);
  message.set_parent(device.parent);
  message.set_address(device.address);
  message.set_vendor(device.vendor);
  message.set_product(device.product);
  message.set_release(device.release);
  message.set_manufacturer(device.manufacturer);
  message.set_product_name(device.product_name);
  message.set_serial(device.serial);
  Put(device.kind, *message.mutable_kind());
  message.set_speed(ToMessage(device.speed));
  message.set_active_configuration(device.active_configuration);
  const std::size_t kept = std::min(device.interfaces.size(), max_interfaces);
  for (const model::Interface& interface : std::span(device.interfaces).first(kept)) {
    proto::Interface& each = *message.add_interfaces();
    each.set_configuration(interface.configuration);
    each.set_number(interface.number);
    each.set_alternate(interface.alternate);
    Put(interface.kind, *each.mutable_kind());
    each.set_name(interface.name);
  }
  message.set_interfaces_left_out(static_cast<std::uint32_t>(device.interfaces.size() - kept));
  message.set_descriptor_hash(device.descriptor_hash.data(), device.descriptor_hash.size());
  message.set_hub(device.hub());
  message.set_root_hub(device.root_hub);
  message.set_complete(device.complete);
}

void Put(const model::Decision& decision, proto::Decision& message) {
  message.set_verdict(ToMessage(decision.verdict));
  for (const std::uint8_t number : decision.interfaces)
    message.add_interfaces(number);
  message.set_basis(ToMessage(decision.basis));
  message.set_rule(decision.rule);
  message.set_reason(decision.reason);
  message.set_policy_version(decision.policy_version);
  message.set_policy_name(decision.policy_name);
  message.set_policy_source(ToMessage(decision.policy_source));
}

}  // namespace sekimori::messages
